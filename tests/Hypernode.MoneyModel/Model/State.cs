namespace Hypernode.MoneyModel.Model;

internal enum Status
{
    Pending,
    Completed,
    Refunded,
}

/// <summary>A token account. <c>Delegate</c> may take <c>Allowed</c> out of it.</summary>
internal sealed record Tokens(string Mint, string Owner, ulong Amount, string? Delegate = null, ulong Allowed = 0)
{
    public override string ToString() => Delegate is null ? $"{Owner} {Amount}" : $"{Owner} {Amount} {Delegate} {Allowed}";
}

internal sealed record Payment(
    int Id, string Payer, string RentPayer, string Mint, ulong Amount, string Via, long CreatedAt, long ExpiresAt, long SettleBy, long ClosableAt)
{
    public Status Status { get; init; } = Status.Pending;

    /// <summary>0: never assigned.</summary>
    public uint Attempt { get; init; }

    public string? Node { get; init; }

    public ulong Charge { get; init; }

    public long VerifiedAt { get; init; }

    public override string ToString() =>
        $"{Status} {Via} {Payer} {RentPayer} {Mint} {Amount} #{Attempt} {Node ?? "-"} {CreatedAt} {ExpiresAt} {SettleBy} {ClosableAt} {VerifiedAt} {Charge}";
}

internal sealed record Rotation(string RentPayer, long DueAt, Keys Keys)
{
    public override string ToString() => $"{RentPayer} {DueAt} {Describe(Keys)} {Keys.Other?.ToString() ?? "-"}";

    public static string Describe(Keys keys) =>
        $"{keys.Facilitator} {keys.Assigner} {keys.ProtocolVault} {keys.PlatformVault} {string.Join(',', keys.Oracles)} {keys.Threshold}";
}

/// <summary>The program, or the token program, said no; the name is the chain's own.</summary>
internal sealed class Refused(string error) : Exception(error)
{
    public string Error => Message;
}

/// <summary>What accounts cost to exist, in lamports.</summary>
internal sealed record Rents(ulong Payment, ulong Escrow, ulong Rotation);

/// <summary>Everything that the model believes to be on chain.</summary>
internal sealed class State
{
    public static readonly string[] Mints = ["HYPER", "USDC", "JUNK"];

    public long Now { get; set; }

    public bool Paused { get; set; }

    public required Keys Keys { get; set; }

    /// <summary>Beside HYPER, whose vaults are among the keys.</summary>
    public List<AcceptedMint> Others { get; } = [];

    public Rotation? Rotation { get; set; }

    public required Rents Rents { get; init; }

    public SortedDictionary<string, Tokens> Tokens { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, Payment> Payments { get; } = new(StringComparer.Ordinal);

    /// <summary>Of those who pay rent, of the addresses that hold it, and of the stranger who sends some for nothing.</summary>
    public SortedDictionary<string, ulong> Lamports { get; } = new(StringComparer.Ordinal);

    /// <summary>All tokens of a mint. A u64 holds them, as the mint's supply is one.</summary>
    public ulong Sum(string mint) => Tokens.Values.Where(t => t.Mint == mint).Aggregate(0UL, (sum, t) => checked(sum + t.Amount));

    /// <summary>The fee vaults of a mint; null: no payments are taken in it.</summary>
    public AcceptedMint? Accepted(string mint) =>
        mint == "HYPER" ? new AcceptedMint(mint, Keys.ProtocolVault, Keys.PlatformVault) : Others.Find(o => o.Mint == mint);

    /// <summary>Tokens from one account to another; nothing may be made or lost on the way.</summary>
    public void Move(string from, string to, ulong amount)
    {
        Tokens[from] = Tokens[from] with { Amount = checked(Tokens[from].Amount - amount) };
        Tokens[to] = Tokens[to] with { Amount = checked(Tokens[to].Amount + amount) };
    }

    /// <summary>Lamports from one to another.</summary>
    public void Pay(string from, string to, ulong lamports)
    {
        Lamports[from] = checked(Lamports[from] - lamports);
        Lamports[to] = checked(Lamports.GetValueOrDefault(to) + lamports);
    }

    /// <summary>Rent for an address; what somebody has sent there already counts.</summary>
    public void TopUp(string from, string to, ulong needed)
    {
        var held = Lamports.GetValueOrDefault(to);
        if (held < needed)
            Pay(from, to, needed - held);
    }

    /// <summary>The same words that the virtual machine's side says about its accounts.</summary>
    public SortedDictionary<string, string> View()
    {
        var view = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["config"] = $"{Model.Rotation.Describe(Keys)} {(Paused ? "paused" : "open")} {string.Join(' ', Others)}",
        };
        if (Rotation is not null)
            view["rotation"] = Rotation.ToString();
        foreach (var (name, tokens) in Tokens)
            view[$"tokens {name}"] = tokens.ToString();
        foreach (var (name, payment) in Payments)
            view[name] = payment.ToString();
        foreach (var (name, lamports) in Lamports)
        {
            if (lamports > 0)
                view[$"lamports {name}"] = lamports.ToString();
        }
        foreach (var mint in Mints)
            view[$"supply {mint}"] = Sum(mint).ToString();
        return view;
    }
}

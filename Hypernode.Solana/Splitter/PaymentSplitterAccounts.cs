using Hypernode.Solana.Facilitator;

namespace Hypernode.Solana.Splitter;

/// <summary>Who gets which part of a fee: basis points, which sum to 10,000.</summary>
public sealed record Split(ushort Treasury, ushort Development, ushort StakingPool, ushort Burn);

/// <summary>Where fees go.</summary>
/// <param name="Treasury">a token account, as the next two</param>
/// <param name="Shards">vaults of each fee, 1 to 256</param>
public sealed record SplitRules(PublicKey Treasury, PublicKey Development, PublicKey StakingPool, Split Protocol, Split Platform, ushort Shards);

/// <summary>The program's settings.</summary>
/// <param name="ChangeDelay">seconds</param>
/// <param name="Proposed">the rules to come; they mean something while <paramref name="DueAt"/> is not 0</param>
/// <param name="DueAt">seconds since the epoch</param>
public sealed record SplitterConfig(PublicKey Mint, long ChangeDelay, byte Bump, SplitRules Rules, SplitRules Proposed, long DueAt)
{
    private static readonly byte[] Discriminator = AnchorDiscriminator.Account("Config");

    /// <exception cref="FormatException">not the data of a Config account</exception>
    public static SplitterConfig Decode(ReadOnlySpan<byte> data)
    {
        var reader = new WireReader(data);
        reader.Expect(Discriminator, "a Config account");
        return new SplitterConfig(reader.Key(), reader.I64(), reader.U8(), ReadRules(ref reader), ReadRules(ref reader), reader.I64());
    }

    /// <summary>Null unless the account exists and the program owns it.</summary>
    public static SplitterConfig? From(AccountInfo? account, PublicKey program) =>
        account is not null && account.Owner == program ? Decode(account.Data) : null;

    internal static SplitRules ReadRules(ref WireReader reader) =>
        new(reader.Key(), reader.Key(), reader.Key(), ReadSplit(ref reader), ReadSplit(ref reader), reader.U16());

    private static Split ReadSplit(ref WireReader reader) => new(reader.U16(), reader.U16(), reader.U16(), reader.U16());
}

/// <summary>What the splitter tells the world in its logs.</summary>
public abstract record PaymentSplitterEvent
{
    private PaymentSplitterEvent()
    {
    }

    public sealed record VaultCreated(Fee Fee, ushort Shard, PublicKey Vault) : PaymentSplitterEvent;

    /// <param name="Amount">base units; the other four sum to it</param>
    public sealed record Distributed(Fee Fee, ushort Shard, ulong Amount, ulong Treasury, ulong Development, ulong StakingPool, ulong Burned)
        : PaymentSplitterEvent;

    public sealed record ChangeProposed(SplitRules Rules, long DueAt) : PaymentSplitterEvent;

    public sealed record ChangeWithdrawn(SplitRules Rules, long DueAt) : PaymentSplitterEvent;

    public sealed record ChangeApplied(SplitRules Rules, long DueAt) : PaymentSplitterEvent;

    /// <summary>The program's own events in a transaction's logs.</summary>
    public static IReadOnlyList<PaymentSplitterEvent> Read(IReadOnlyList<string> logs, PublicKey splitter) =>
        [.. AnchorLog.DataOf(logs, splitter).Select(Decode).OfType<PaymentSplitterEvent>()];

    private static PaymentSplitterEvent? Decode(byte[] data)
    {
        var r = new WireReader(data.AsSpan(AnchorDiscriminator.Size));
        return data switch
        {
            _ when AnchorLog.Is(data, nameof(VaultCreated)) => new VaultCreated((Fee)r.U8(), r.U16(), r.Key()),
            _ when AnchorLog.Is(data, nameof(Distributed)) => new Distributed((Fee)r.U8(), r.U16(), r.U64(), r.U64(), r.U64(), r.U64(), r.U64()),
            _ when AnchorLog.Is(data, nameof(ChangeProposed)) => new ChangeProposed(SplitterConfig.ReadRules(ref r), r.I64()),
            _ when AnchorLog.Is(data, nameof(ChangeWithdrawn)) => new ChangeWithdrawn(SplitterConfig.ReadRules(ref r), r.I64()),
            _ when AnchorLog.Is(data, nameof(ChangeApplied)) => new ChangeApplied(SplitterConfig.ReadRules(ref r), r.I64()),
            _ => null,
        };
    }
}

namespace Hypernode.MoneyModel.Model;

/// <summary>What the upgrade authority may change, and what accounts are: the money's surroundings.</summary>
internal sealed partial class Money
{
    // ---- the upgrade authority's

    private void SetPaused(SetPaused s)
    {
        Require(s.ReadOnly != "config", "ConstraintMut");
        RequireUpgradeAuthority(s, s.By, s.ProgramData);
        LoadConfig(s.Config);
        state.Paused = s.Paused;
    }

    private void ProposeRotation(ProposeRotation s)
    {
        LoadConfig(s.Config);
        RequireUpgradeAuthority(s, s.By, s.ProgramData);
        RequireVaults(Hyper, s.Keys.ProtocolVault, s.Keys.PlatformVault);
        var other = s.Keys.Other;
        if (other is not null)
        {
            LoadMint(other.Mint);
            RequireVaults(other.Mint, other.ProtocolVault, other.PlatformVault);
        }
        Require(s.ReadOnly != "rotation", "ConstraintMut");
        Require(s.Rotation == "rotation", "ConstraintSeeds");
        Require(other is null || state.Others.Count < 3 || state.Others.Exists(o => o.Mint == other.Mint), "TooManyMints");
        var distinct = s.Keys.Oracles.Distinct(StringComparer.Ordinal).Count() == 5 && !s.Keys.Oracles.Contains("nobody");
        var named = s.Keys.Facilitator != "nobody" && s.Keys.Assigner != "nobody";
        Require(distinct && named && other?.Mint != Hyper && s.Keys.Threshold is >= 3 and <= 5, "InvariantViolated");
        if (state.Rotation is null)
            state.TopUp(s.By, "rotation", state.Rents.Rotation);
        state.Rotation = new Rotation(state.Rotation?.RentPayer ?? s.By, state.Now + rules.RotationDelay, s.Keys);
    }

    private void WithdrawRotation(WithdrawRotation s)
    {
        RequireUpgradeAuthority(s, s.By, s.ProgramData);
        var rotation = LoadRotation(s.Rotation);
        Require(s.RentPayer == rotation.RentPayer, "ConstraintHasOne");
        EndRotation(s, s.RentPayer);
    }

    private void ApplyRotation(ApplyRotation s)
    {
        Require(s.ReadOnly != "config", "ConstraintMut");
        LoadConfig(s.Config);
        var rotation = LoadRotation(s.Rotation);
        Require(state.Now >= rotation.DueAt, "RotationNotDue");
        Require(s.RentPayer == rotation.RentPayer, "ConstraintHasOne");
        Require(s.ProtocolVault == rotation.Keys.ProtocolVault && s.PlatformVault == rotation.Keys.PlatformVault, "ConstraintAddress");
        RequireVaults(Hyper, s.ProtocolVault, s.PlatformVault);
        if (rotation.Keys.Other is { } other)
        {
            Require(s.OtherProtocolVault == other.ProtocolVault && s.OtherPlatformVault == other.PlatformVault, "ConstraintAddress");
            RequireVaults(other.Mint, other.ProtocolVault, other.PlatformVault);
        }
        EndRotation(s, s.RentPayer);
        state.Keys = rotation.Keys;
        if (rotation.Keys.Other is not { } accepted)
            return;
        var known = state.Others.FindIndex(o => o.Mint == accepted.Mint);
        if (known < 0)
            state.Others.Add(accepted);
        else
            state.Others[known] = accepted;
    }

    private void EndRotation(Step s, string rentPayer)
    {
        Require(s.ReadOnly is not ("rotation" or "rentPayer"), "ConstraintMut");
        state.Rotation = null;
        state.Pay("rotation", rentPayer, state.Lamports["rotation"]);
    }

    private void RequireVaults(string mint, string protocol, string platform)
    {
        Require(LoadTokens(protocol).Mint == mint, "ConstraintTokenMint");
        Require(LoadTokens(platform).Mint == mint, "ConstraintTokenMint");
    }

    private static void RequireUpgradeAuthority(Step s, string by, string programData)
    {
        Require(s.Unsigned != by, "AccountNotSigner");
        Require(programData == "programData", "ConstraintSeeds");
        Require(by == "authority", "UnauthorizedUpgradeAuthority");
    }

    // ---- accounts

    private void LoadConfig(string name) => RequireOurs(name, "config");

    private Rotation LoadRotation(string name)
    {
        RequireOurs(name, "rotation");
        return state.Rotation!;
    }

    private Payment LoadPayment(string name)
    {
        if (state.Payments.TryGetValue(name, out var payment))
            return payment;
        RequireOurs(name, "payment");
        throw new InvalidOperationException(name);
    }

    private Payment LoadPending(string name, Step s)
    {
        Require(s.ReadOnly != "payment", "ConstraintMut");
        var payment = LoadPayment(name);
        Require(payment.Status == Status.Pending, "InvalidPaymentStatus");
        return payment;
    }

    /// <summary>The program's own accounts are told apart by their length.</summary>
    private void RequireOurs(string name, string wanted)
    {
        var ours = name == "config" || (name == "rotation" && state.Rotation is not null) || state.Payments.ContainsKey(name);
        Require(ours, "AccountOwnedByWrongProgram");
        Require(name == wanted, "AccountDidNotDeserialize");
    }

    private Tokens LoadTokens(string name)
    {
        Require(!State.Mints.Contains(name), "AccountDiscriminatorMismatch");
        return state.Tokens.TryGetValue(name, out var tokens) ? tokens : throw new Refused("AccountOwnedByWrongProgram");
    }

    private void LoadMint(string name)
    {
        Require(!state.Tokens.ContainsKey(name), "AccountDiscriminatorMismatch");
        Require(State.Mints.Contains(name), "AccountOwnedByWrongProgram");
    }

    // ---- the token program's and the system program's

    private void Approve(Approve s)
    {
        var tokens = state.Tokens[s.Account];
        Require(tokens.Owner == s.Owner, "Custom(4)");
        state.Tokens[s.Account] = tokens with { Delegate = s.Delegate, Allowed = s.Amount };
    }

    private void HandOver(HandOver s)
    {
        var tokens = state.Tokens[s.Account];
        Require(tokens.Owner == s.Owner, "Custom(4)");
        state.Tokens[s.Account] = tokens with { Owner = s.To, Delegate = null, Allowed = 0 };
    }

    private void Send(Send s)
    {
        Require(state.Tokens.ContainsKey(s.To), "InvalidAccountData");
        Require(state.Tokens[s.From].Amount >= s.Amount, "Custom(1)");
        Require(state.Tokens[s.From].Mint == state.Tokens[s.To].Mint, "Custom(3)");
        Require(state.Tokens[s.From].Owner == s.Owner, "Custom(4)");
        state.Move(s.From, s.To, s.Amount);
    }
}

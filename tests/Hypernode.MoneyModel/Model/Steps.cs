using System.Text.Json.Serialization;

namespace Hypernode.MoneyModel.Model;

/// <summary>
/// One transaction, or a move of the clock. Everybody and everything has a name ("alice", "alice.t", "payment:0", "escrow:0"),
/// and every account is named by the step, so that a wrong one is a step like any other.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "op")]
[JsonDerivedType(typeof(SetClock), "setClock")]
[JsonDerivedType(typeof(Approve), "approve")]
[JsonDerivedType(typeof(HandOver), "handOver")]
[JsonDerivedType(typeof(Send), "send")]
[JsonDerivedType(typeof(Prefund), "prefund")]
[JsonDerivedType(typeof(AuthorizeIntent), "authorizeIntent")]
[JsonDerivedType(typeof(AuthorizePayment), "authorizePayment")]
[JsonDerivedType(typeof(OpenDeposit), "openDeposit")]
[JsonDerivedType(typeof(ActivateIntent), "activateIntent")]
[JsonDerivedType(typeof(ReclaimDeposit), "reclaimDeposit")]
[JsonDerivedType(typeof(AssignNode), "assignNode")]
[JsonDerivedType(typeof(SubmitUsageProof), "submitUsageProof")]
[JsonDerivedType(typeof(RefundFailed), "refundFailed")]
[JsonDerivedType(typeof(Cancel), "cancel")]
[JsonDerivedType(typeof(RefundExpired), "refundExpired")]
[JsonDerivedType(typeof(CloseIntent), "closeIntent")]
[JsonDerivedType(typeof(SetPaused), "setPaused")]
[JsonDerivedType(typeof(ProposeRotation), "proposeRotation")]
[JsonDerivedType(typeof(WithdrawRotation), "withdrawRotation")]
[JsonDerivedType(typeof(ApplyRotation), "applyRotation")]
internal abstract record Step
{
    public string Config { get; init; } = "config";

    /// <summary>The account that the transaction does not mark as writable, though it should: payment, config, rotation or rentPayer.</summary>
    public string? ReadOnly { get; init; }

    /// <summary>Who should sign and does not.</summary>
    public string? Unsigned { get; init; }
}

internal sealed record SetClock(long To) : Step;

/// <summary>The token program's: a delegate may take so much out of a token account.</summary>
internal sealed record Approve(string Account, string Owner, string Delegate, ulong Amount) : Step;

/// <summary>The token program's: a token account gets another owner.</summary>
internal sealed record HandOver(string Account, string Owner, string To) : Step;

/// <summary>The token program's: tokens sent to whoever, also to an escrow.</summary>
internal sealed record Send(string From, string Owner, string To, ulong Amount) : Step;

/// <summary>The stranger sends lamports to an address, whether there is anything or not.</summary>
internal sealed record Prefund(string To, ulong Lamports) : Step;

/// <summary>What a payer agrees to. Ids, hashes and salts are small numbers that stand for theirs.</summary>
internal sealed record Terms(int Id, int Job, ulong Amount, ulong Timestamp, ulong Expires, int Spec, long SettleBy, int Salt);

/// <summary>Where the signatures' offsets lead.</summary>
internal enum Layout
{
    /// <summary>All to one message, in their own instruction.</summary>
    Shared,

    /// <summary>Each to a copy of its own.</summary>
    Copies,

    /// <summary>Into another instruction of the same transaction.</summary>
    Elsewhere,
}

/// <summary>The instruction of the Ed25519 precompile before ours: who signed, and whether one signature is another's.</summary>
internal sealed record Signatures(IReadOnlyList<string> By, Layout Layout = Layout.Shared, bool Forged = false);

/// <summary>The text that was signed: its terms, and what its nonce commits to.</summary>
internal sealed record SignedText(Terms Terms, string Payer, string Mint = "HYPER", string Cluster = "this");

/// <summary>What oracles may say of a payment.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Usage), "usage")]
[JsonDerivedType(typeof(Failure), "failure")]
internal abstract record Statement;

internal sealed record Usage(
    int Id, uint Attempt, string Node, byte Verdict, ulong Charge, int Execution, int Logs, long ValidUntil, string Cluster = "this") : Statement;

internal sealed record Failure(int Id, uint Attempt, byte Reason, long ValidUntil, string Cluster = "this") : Statement;

/// <summary>The accounts of a payment's beginning.</summary>
internal abstract record Opening : Step
{
    public required string RentPayer { get; init; }

    public required string PayerToken { get; init; }

    public required string Payment { get; init; }

    public required string Escrow { get; init; }

    public string Mint { get; init; } = "HYPER";

    public string TokenProgram { get; init; } = "tokenProgram";
}

internal sealed record AuthorizeIntent(Terms Terms, Signatures? Signatures, SignedText Text) : Opening
{
    public required string Allowance { get; init; }

    public string Sysvar { get; init; } = "sysvar";
}

internal sealed record AuthorizePayment(Terms Terms, string Payer, long ExpiresAt) : Opening;

/// <summary>What the address of a deposit commits to; its name here is its terms.</summary>
internal sealed record DepositTerms(int Id, int Job, string Payer, string Mint, ulong Amount, long SettleBy)
{
    public string Name => $"deposit:{Id}/{Job}/{Payer}/{Mint}/{Amount}/{SettleBy}";

    /// <summary>The deposit's associated token account of some mint, which need not be the terms'.</summary>
    public string TokensOf(string mint) => $"ata:{mint}:{Name}";
}

/// <summary>The associated token program's: the facilitator opens the account that a client will pay into.</summary>
internal sealed record OpenDeposit(string Deposit, string Mint) : Step
{
    public string Account => $"ata:{Mint}:{Deposit}";
}

internal sealed record ActivateIntent(int Id, int Job, ulong Amount, long SettleBy) : Opening
{
    public required string Payer { get; init; }

    public required string Deposit { get; init; }

    public required string DepositToken { get; init; }
}

internal sealed record ReclaimDeposit(int Id, int Job, ulong Amount, long SettleBy) : Step
{
    public required string Mint { get; init; }

    public required string Payer { get; init; }

    public required string Deposit { get; init; }

    public required string DepositToken { get; init; }

    public required string PayerToken { get; init; }

    public required string Payment { get; init; }

    public required string Facilitator { get; init; }

    public string TokenProgram { get; init; } = "tokenProgram";
}

internal sealed record AssignNode(uint Attempt, string Node, string Assigner, string Payment) : Step;

/// <summary>The accounts of a payment's end.</summary>
internal abstract record Closing : Step
{
    public required string Payment { get; init; }

    public required string Escrow { get; init; }

    public required string PayerToken { get; init; }

    public required string RentPayer { get; init; }

    public string Mint { get; init; } = "HYPER";

    public string TokenProgram { get; init; } = "tokenProgram";
}

internal sealed record SubmitUsageProof(
    uint Attempt, byte Verdict, ulong Charge, int Execution, int Logs, long ValidUntil, Signatures? Signatures, Statement Said) : Closing
{
    public required string NodeToken { get; init; }

    public required string ProtocolVault { get; init; }

    public required string PlatformVault { get; init; }

    public string Sysvar { get; init; } = "sysvar";
}

internal sealed record RefundFailed(uint Attempt, byte Reason, long ValidUntil, Signatures? Signatures, Statement Said) : Closing
{
    public string Sysvar { get; init; } = "sysvar";
}

internal sealed record Cancel(string Authority) : Closing;

internal sealed record RefundExpired : Closing;

internal sealed record CloseIntent(string Payment, string RentPayer) : Step;

internal sealed record SetPaused(string By, bool Paused) : Step
{
    public string ProgramData { get; init; } = "programData";
}

internal sealed record ProposeRotation(string By, Keys Keys) : Step
{
    public string Rotation { get; init; } = "rotation";

    public string ProgramData { get; init; } = "programData";
}

internal sealed record WithdrawRotation(string By, string RentPayer) : Step
{
    public string Rotation { get; init; } = "rotation";

    public string ProgramData { get; init; } = "programData";
}

internal sealed record ApplyRotation(string RentPayer, string ProtocolVault, string PlatformVault) : Step
{
    public string Rotation { get; init; } = "rotation";

    public string? OtherProtocolVault { get; init; }

    public string? OtherPlatformVault { get; init; }
}

/// <summary>A mint that payments are taken in beside HYPER, and where its fees go.</summary>
internal sealed record AcceptedMint(string Mint, string ProtocolVault, string PlatformVault)
{
    public override string ToString() => $"{Mint}:{ProtocolVault}:{PlatformVault}";
}

/// <summary>What a rotation replaces, and the further mint that it may bring.</summary>
internal sealed record Keys(
    string Facilitator, string Assigner, string ProtocolVault, string PlatformVault, IReadOnlyList<string> Oracles, byte Threshold,
    AcceptedMint? Other = null);

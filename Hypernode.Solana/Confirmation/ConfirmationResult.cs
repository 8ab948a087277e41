namespace Hypernode.Solana;

/// <summary>What became of a transaction. Five ways, and no sixth.</summary>
public abstract record ConfirmationResult
{
    private ConfirmationResult(string signature) => Signature = signature;

    /// <summary>base58</summary>
    public string Signature { get; }

    /// <summary>It happened; a supermajority voted for its block.</summary>
    public sealed record Confirmed(string Signature, ulong Slot) : ConfirmationResult(Signature);

    /// <summary>It happened, irrevocably.</summary>
    public sealed record Finalized(string Signature, ulong Slot) : ConfirmationResult(Signature);

    /// <summary>It is in a confirmed block and changed nothing but the fee payer's balance.</summary>
    public sealed record Failed(string Signature, ulong Slot, ProgramError Error) : ConfirmationResult(Signature);

    /// <summary>It did not happen and never will: its blockhash is too old.</summary>
    public sealed record Expired(string Signature, ulong LastValidBlockHeight) : ConfirmationResult(Signature);

    /// <summary>Nobody could tell in time. It may have happened, or still happen: ask again, never assume.</summary>
    public sealed record Unknown(string Signature, ulong LastValidBlockHeight, string Reason) : ConfirmationResult(Signature);

    /// <summary>Confirmed or finalized.</summary>
    public bool Happened => this is Confirmed or Finalized;
}

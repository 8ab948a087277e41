namespace Hypernode.Contracts.Jobs;

/// <summary>A transaction that was sent: its answer is asked for until it is known.</summary>
/// <param name="Signature">64 bytes, base58.</param>
/// <param name="LastValidBlockHeight">Past this height it can't land any more.</param>
public sealed record PendingTransaction(string Signature, ulong LastValidBlockHeight);

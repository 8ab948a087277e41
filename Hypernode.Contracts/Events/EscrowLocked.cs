using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Events;

/// <summary>The chain says: the tokens are in escrow.</summary>
public sealed record EscrowLocked(JobId JobId, string Signature, WalletAddress Escrow) : IJobMessage;

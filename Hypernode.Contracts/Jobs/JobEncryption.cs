using Hypernode.Contracts.Intents;

namespace Hypernode.Contracts.Jobs;

/// <summary>What a node seals before it leaves its machine.</summary>
/// <param name="ResultKey">Each result file is an envelope to this key (an Ed25519 key: the payer's wallet, say). Logs are not sealed.</param>
public sealed record JobEncryption(WalletAddress ResultKey);

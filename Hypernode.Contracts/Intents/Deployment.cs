using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Intents;

/// <summary>Where the money is: one facilitator program on one cluster, paid in one mint.</summary>
/// <param name="Cluster">The cluster's id as the program's Config holds it (a program can't read its genesis).</param>
/// <param name="Network">Its name for people: <c>localnet</c>, <c>devnet</c>, <c>mainnet</c>.</param>
public sealed record Deployment(string Network, Hash256 Cluster, WalletAddress Program, WalletAddress Mint);

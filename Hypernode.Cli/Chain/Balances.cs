namespace Hypernode.Cli.Chain;

/// <summary>What each party holds, in base units.</summary>
/// <param name="Escrow">0 when there is no such account.</param>
/// <param name="Nodes">By node id.</param>
/// <param name="Supply">Of the mint: nobody made or burnt tokens meanwhile.</param>
public sealed record Balances(
    ulong Payer,
    ulong Escrow,
    ulong Protocol,
    ulong Platform,
    IReadOnlyDictionary<string, ulong> Nodes,
    ulong Supply)
{
    public UInt128 Total => Nodes.Values.Aggregate((UInt128)Payer + Escrow + Protocol + Platform, (sum, node) => sum + node);
}

using Hypernode.Solana;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>Who signs what the oracles say.</summary>
public interface IOracleQuorum
{
    /// <summary>For people: how independent these signatures are.</summary>
    string Description { get; }

    /// <param name="digest">32 bytes</param>
    /// <returns>as many as Config's threshold demands</returns>
    IReadOnlyList<(PublicKey Oracle, byte[] Signature)> Sign(byte[] digest);
}

/// <summary>All five keys in one process: the program's demands are met, but one operator stands behind them.</summary>
public sealed class SimulatedOracleQuorum(IReadOnlyList<Account> oracles, int threshold) : IOracleQuorum
{
    public string Description => "oracle quorum: simulated (one operator)";

    public IReadOnlyList<(PublicKey Oracle, byte[] Signature)> Sign(byte[] digest) =>
        [.. oracles.Take(threshold).Select(o => (o.PublicKey, o.Sign(digest)))];
}

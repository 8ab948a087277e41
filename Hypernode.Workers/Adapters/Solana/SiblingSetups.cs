using Hypernode.Solana;
using Hypernode.Solana.NodeRegistry;
using Hypernode.Solana.Splitter;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>
/// The Payment Splitter on a fresh chain: Config, and a vault for each fee, which the facilitator's Config then names. The
/// protocol's share goes to treasury, development and staking pool, the platform's to its operator; nothing is burnt.
/// </summary>
internal sealed class SplitterSetup(ChainSteps steps, PaymentSplitterProgram program)
{
    /// <summary>One vault a fee is enough for one relayer; more are a proposal away.</summary>
    private const ushort Shards = 1;

    private const long ChangeDelaySeconds = 2 * 86_400;
    private const ushort All = 10_000;

    public PublicKey VaultOf(Fee fee) => program.VaultAddress(fee, shard: 0);

    private SplitRules Rules
    {
        get
        {
            var keys = steps.Keys;
            return new SplitRules(
                steps.TokenAccountOf(keys.ProtocolTreasury), steps.TokenAccountOf(keys.PlatformTreasury), steps.TokenAccountOf(keys.StakingPool),
                Protocol: new Split(Treasury: 6_000, Development: 2_000, StakingPool: 2_000, Burn: 0),
                Platform: new Split(Treasury: 0, Development: All, StakingPool: 0, Burn: 0),
                Shards);
        }
    }

    public async Task<SplitterConfig> EnsureAsync(CancellationToken cancellation)
    {
        var config = await ReadAsync(cancellation);
        if (config is null)
        {
            await steps.MustHappenAsync([program.Initialize(Rules, ChangeDelaySeconds, steps.Authority, steps.Mint)], "initialize the payment splitter", cancellation);
            config = await ReadAsync(cancellation) ?? throw new ChainSetupException("The payment splitter's Config was written, and is not there.");
        }

        // What may change behind the program's own delay is not looked at: only who gets it.
        if (config.Mint != steps.Mint || (config.Rules with { Protocol = Rules.Protocol, Platform = Rules.Platform, Shards = Shards }) != Rules)
        {
            throw new ChainSetupException("The payment splitter on this chain was set up with other keys: use their folder, or a fresh chain.");
        }

        foreach (var fee in Enum.GetValues<Fee>())
        {
            if (await steps.Rpc.GetAccountInfoAsync(VaultOf(fee), cancellation: cancellation) is null)
            {
                await steps.MustHappenAsync([program.CreateVault(fee, 0, steps.Authority, steps.Mint)], $"make the {fee} fee's vault", cancellation);
            }
        }

        return config;
    }

    private async Task<SplitterConfig?> ReadAsync(CancellationToken cancellation) =>
        SplitterConfig.From(await steps.Rpc.GetAccountInfoAsync(program.ConfigAddress, cancellation: cancellation), program.ProgramIdKey);
}

/// <summary>The Node Registry on a fresh chain.</summary>
internal sealed class RegistrySetup(ChainSteps steps, NodeRegistryProgram program)
{
    private const long UnstakeCooldownSeconds = 7 * 86_400;
    private const long AppealWindowSeconds = 2 * 86_400;
    private const ushort SlashCapBps = 3_000;

    /// <param name="cluster">32 bytes</param>
    public async Task<RegistryConfig> EnsureAsync(byte[] cluster, CancellationToken cancellation)
    {
        var reader = new NodeRegistryReader(steps.Rpc, program);
        PublicKey[] oracles = [.. steps.Keys.Oracles.Select(o => o.PublicKey)];
        var slashVault = steps.TokenAccountOf(steps.Keys.SlashTreasury);
        if (await reader.GetConfigAsync(cancellation) is not { } config)
        {
            var terms = new RegistryTerms(cluster, oracles, ChainBootstrap.OracleThreshold, UnstakeCooldownSeconds, AppealWindowSeconds, SlashCapBps);
            await steps.MustHappenAsync([program.Initialize(terms, steps.Authority, steps.Mint, slashVault)], "initialize the node registry", cancellation);
            config = await reader.GetConfigAsync(cancellation) ?? throw new ChainSetupException("The node registry's Config was written, and is not there.");
        }

        if (!config.Cluster.AsSpan().SequenceEqual(cluster))
        {
            throw new ChainSetupException("The node registry's Config was written for another cluster than the one that this node serves.");
        }

        var ours = config.Mint == steps.Mint && config.SlashVault == slashVault
            && config.Threshold == ChainBootstrap.OracleThreshold && config.Oracles.SequenceEqual(oracles);
        return ours ? config : throw new ChainSetupException("The node registry on this chain was set up with other keys: use their folder, or a fresh chain.");
    }
}

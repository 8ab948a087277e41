using Hypernode.Solana.Facilitator;
using Base58 = Hypernode.Solana.Base58;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>Every address that a client of this chain needs, base58; no secret is in here.</summary>
/// <param name="Cluster">the genesis hash, as the programs' Config has it</param>
/// <param name="Programs">by name</param>
/// <param name="Config">the facilitator's Config account</param>
/// <param name="Configs">every program's</param>
/// <param name="Mints">by token</param>
/// <param name="Vaults">where fees and slashed stake arrive, and where the splitter passes fees on to; those of payments in USDC by "usdc" and share</param>
/// <param name="Oracles">in the order of Config</param>
/// <param name="Threshold">so many of them must sign</param>
/// <param name="Authorities">who may do what, by role</param>
public sealed record ChainAddresses(
    string Network,
    string Cluster,
    IReadOnlyDictionary<string, string> Programs,
    string Config,
    IReadOnlyDictionary<string, string> Configs,
    IReadOnlyDictionary<string, string> Mints,
    IReadOnlyDictionary<string, string> Vaults,
    IReadOnlyList<string> Oracles,
    int Threshold,
    IReadOnlyDictionary<string, string> Authorities)
{
    public static ChainAddresses Of(ChainSetup setup, ChainKeys keys)
    {
        var program = setup.Deployment.Program.ToKey();
        var config = new FacilitatorProgram(program).ConfigAddress.Key;
        var mints = new Dictionary<string, string> { ["hyper"] = setup.Config.Mint.Key };
        var vaults = new Dictionary<string, string>
        {
            ["protocol"] = setup.Config.ProtocolVault.Key,
            ["platform"] = setup.Config.PlatformVault.Key,
            ["slash"] = setup.Registry.SlashVault.Key,
            ["treasury"] = setup.Splitter.Rules.Treasury.Key,
            ["development"] = setup.Splitter.Rules.Development.Key,
            ["stakingPool"] = setup.Splitter.Rules.StakingPool.Key,
        };
        if (setup.Config.Accepted(MockUsdc.Mint) is { } usdc)
        {
            mints["usdc"] = usdc.Mint.Key;
            (vaults["usdcProtocol"], vaults["usdcPlatform"]) = (usdc.ProtocolVault.Key, usdc.PlatformVault.Key);
        }

        return new ChainAddresses(
            setup.Deployment.Network,
            Base58.Encode(setup.Config.Cluster),
            new Dictionary<string, string>
            {
                ["facilitator"] = program.Key,
                ["nodeRegistry"] = setup.RegistryProgram.ProgramIdKey.Key,
                ["paymentSplitter"] = setup.SplitterProgram.ProgramIdKey.Key,
            },
            config,
            new Dictionary<string, string>
            {
                ["facilitator"] = config,
                ["nodeRegistry"] = setup.RegistryProgram.ConfigAddress.Key,
                ["paymentSplitter"] = setup.SplitterProgram.ConfigAddress.Key,
            },
            mints,
            vaults,
            [.. setup.Config.Oracles.Select(o => o.Key)],
            setup.Config.Threshold,
            new Dictionary<string, string>
            {
                ["upgrade"] = keys.UpgradeAuthority.PublicKey.Key,
                ["facilitator"] = setup.Config.Facilitator.Key,
                ["assigner"] = setup.Config.Assigner.Key,
            });
    }
}

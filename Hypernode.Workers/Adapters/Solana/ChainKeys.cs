using Hypernode.Solana;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>The control plane's keys: one file each, mode 0600, made at the first start.</summary>
public sealed class ChainKeys : IDisposable
{
    /// <summary>May replace the program, and set up its Config; on a localnet also the mint's authority.</summary>
    public required Account UpgradeAuthority { get; init; }

    /// <summary>Config's facilitator: relays signed intents, pays fees and rent.</summary>
    public required Account Relayer { get; init; }

    /// <summary>Names who may be paid.</summary>
    public required Account Assigner { get; init; }

    public required IReadOnlyList<Account> Oracles { get; init; }

    /// <summary>The address of HYPER's mint.</summary>
    public required Account Mint { get; init; }

    /// <summary>Owns the vault of the protocol's tenth.</summary>
    public required Account ProtocolTreasury { get; init; }

    /// <summary>Owns the vault of the platform's twentieth.</summary>
    public required Account PlatformTreasury { get; init; }

    public static ChainKeys LoadOrCreate(string folder)
    {
        Account Key(string name) => KeyFile.LoadOrCreate(Path.Combine(folder, name + ".json"));
        return new ChainKeys
        {
            UpgradeAuthority = Key("upgrade-authority"),
            Relayer = Key("facilitator"),
            Assigner = Key("assigner"),
            Oracles = [.. Enumerable.Range(1, 5).Select(n => Key($"oracle-{n}"))],
            Mint = Key("mint"),
            ProtocolTreasury = Key("protocol-treasury"),
            PlatformTreasury = Key("platform-treasury"),
        };
    }

    public void Dispose()
    {
        foreach (var key in (IEnumerable<Account>)[UpgradeAuthority, Relayer, Assigner, .. Oracles, Mint, ProtocolTreasury, PlatformTreasury])
        {
            key.Dispose();
        }
    }
}

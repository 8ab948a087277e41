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

    /// <summary>Owns the treasury's account, to which the splitter passes the protocol's share on.</summary>
    public required Account ProtocolTreasury { get; init; }

    /// <summary>Owns the account of development and operation.</summary>
    public required Account PlatformTreasury { get; init; }

    /// <summary>Owns the account that those who stake are paid from.</summary>
    public required Account StakingPool { get; init; }

    /// <summary>Owns the account that slashed stake goes to.</summary>
    public required Account SlashTreasury { get; init; }

    /// <param name="password">null: plain files, for development; else they are made, and must be, encrypted</param>
    /// <exception cref="FormatException">a file is plain where it should be encrypted, or the other way round, or damaged</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">another password</exception>
    public static ChainKeys LoadOrCreate(string folder, string? password = null)
    {
        Account Key(string name) => OpenKey(Path.Combine(folder, name + ".json"), password);
        return new ChainKeys
        {
            UpgradeAuthority = Key("upgrade-authority"),
            Relayer = Key("facilitator"),
            Assigner = Key("assigner"),
            Oracles = [.. Enumerable.Range(1, 5).Select(n => Key($"oracle-{n}"))],
            Mint = Key("mint"),
            ProtocolTreasury = Key("protocol-treasury"),
            PlatformTreasury = Key("platform-treasury"),
            StakingPool = Key("staking-pool"),
            SlashTreasury = Key("slash-treasury"),
        };
    }

    private static Account OpenKey(string path, string? password)
    {
        // Said in words: a folder that was meant to be safe must not quietly be plain, nor the other way round.
        if (File.Exists(path) && EncryptedKeyFile.IsOne(path) != (password is not null))
        {
            throw new FormatException(password is null
                ? $"{path} is encrypted: name the password's file."
                : $"{path} is a plain key file: with a password every key has to be encrypted.");
        }

        return password is null ? KeyFile.LoadOrCreate(path) : EncryptedKeyFile.LoadOrCreate(path, password);
    }

    public void Dispose()
    {
        foreach (var key in (IEnumerable<Account>)[UpgradeAuthority, Relayer, Assigner, .. Oracles, Mint, ProtocolTreasury, PlatformTreasury, StakingPool, SlashTreasury])
        {
            key.Dispose();
        }
    }
}

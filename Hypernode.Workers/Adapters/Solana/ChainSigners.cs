using Hypernode.Solana;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>The two keys that sign all day: files of this machine, or kept by a service.</summary>
/// <param name="Relayer">Config's facilitator: relays, pays fees and rent</param>
/// <param name="Assigner">names who may be paid</param>
public sealed record ChainSigners(ISigner Relayer, ISigner Assigner)
{
    public static ChainSigners Of(ChainKeys keys) => new(keys.Relayer, keys.Assigner);

    /// <param name="http">with the time limit that a signature may take</param>
    /// <exception cref="FormatException">the token's file is missing, or others may read it</exception>
    public static ChainSigners Of(ChainKeys keys, SolanaOptions options, HttpClient http)
    {
        var token = options.SignerTokenFile.Length == 0 ? null : EncryptedKeyFile.ReadPassword(options.SignerTokenFile);
        ISigner Signer(string url, string publicKey, Account own) => url.Length == 0 ? own : new HttpSigner(http, new Uri(url), new PublicKey(publicKey), token);
        return new ChainSigners(
            Signer(options.RelayerSignerUrl, options.RelayerPublicKey, keys.Relayer), Signer(options.AssignerSignerUrl, options.AssignerPublicKey, keys.Assigner));
    }
}

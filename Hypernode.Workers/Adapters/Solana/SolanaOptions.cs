using System.ComponentModel.DataAnnotations;
using Hypernode.Solana;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>The chain, bound from <c>Hypernode:Chain</c>.</summary>
public sealed class SolanaOptions : IValidatableObject
{
    public const string Section = "Hypernode:Chain";

    /// <summary>The node's JSON-RPC address.</summary>
    [Required]
    [Url]
    public string RpcUrl { get; set; } = "http://127.0.0.1:8899";

    /// <summary>Several nodes of the same cluster instead, the preferred first, at most 5: one that fails is done without, and two that contradict each other about a transaction raise an alarm. Their paths may hold a provider's key: only host and port are logged.</summary>
    public IList<string> RpcUrls { get; } = [];

    /// <summary>The WebSocket address of one of the nodes, for faster news of transactions; empty: they are polled for.</summary>
    public string WsUrl { get; set; } = "";

    /// <summary>The cluster's name for people: <c>localnet</c>, <c>devnet</c>, <c>mainnet</c>. Only a localnet gives SOL away.</summary>
    [Required]
    public string Network { get; set; } = "localnet";

    /// <summary>For one RPC request, in seconds.</summary>
    [Range(1, 120)]
    public int RequestSeconds { get; set; } = 10;

    /// <summary>How long one command waits for its transaction before it answers "unknown", in seconds.</summary>
    [Range(1, 300)]
    public int ConfirmationSeconds { get; set; } = 12;

    /// <summary>Between two questions for a transaction, in milliseconds.</summary>
    [Range(10, 10_000)]
    public int PollMilliseconds { get; set; } = 100;

    /// <summary>How long an oracle's statement may be used, in seconds.</summary>
    [Range(10, 3_600)]
    public int AttestationSeconds { get; set; } = 120;

    /// <summary>The priority fee is this percentile of what was paid lately for the same accounts.</summary>
    [Range(0, 100)]
    public int PriorityPercentile { get; set; } = 75;

    /// <summary>And never more than this, in micro-lamports a compute unit; 0: no priority fee.</summary>
    [Range(0, 100_000_000)]
    public int MaxPriorityMicroLamports { get; set; } = 50_000;

    /// <summary>Compute units that a transaction with a priority fee may use, and pays for.</summary>
    [Range(50_000, 1_400_000)]
    public int ComputeUnits { get; set; } = 200_000;

    /// <summary>The folder of the control plane's keys; empty: <c>keys</c> in the host's data folder.</summary>
    public string KeysPath { get; set; } = "";

    /// <summary>A file (mode 0600) with the password under which the control plane's keys are encrypted at rest; empty: plain development keys.</summary>
    public string KeyPasswordFile { get; set; } = "";

    /// <summary>A signing service that keeps the relayer's key, which also pays fees and rent: it is POSTed each message; empty: a key file. It must be https, or on this machine.</summary>
    public string RelayerSignerUrl { get; set; } = "";

    /// <summary>The public key that the relayer's signing service signs with, base58.</summary>
    public string RelayerPublicKey { get; set; } = "";

    /// <summary>A signing service that keeps the assigner's key; empty: a key file. It must be https, or on this machine.</summary>
    public string AssignerSignerUrl { get; set; } = "";

    /// <summary>The public key that the assigner's signing service signs with, base58.</summary>
    public string AssignerPublicKey { get; set; } = "";

    /// <summary>A file (mode 0600) with the bearer token for the signing services; empty: none is sent.</summary>
    public string SignerTokenFile { get; set; } = "";

    /// <summary>For one signature of a signing service, in seconds.</summary>
    [Range(1, 60)]
    public int SignerSeconds { get; set; } = 5;

    /// <summary>RPC calls that come within so many milliseconds go out as one batch, to nodes that take batches; 0: each by itself.</summary>
    [Range(0, 1_000)]
    public int BatchMilliseconds { get; set; }

    /// <summary>Below this the fee payer has to be topped up, in thousandths of a SOL: a warning, and an error at a tenth of it.</summary>
    [Range(1, 1_000_000)]
    public int FeePayerLowMilliSol { get; set; } = 1_000;

    /// <summary>The facilitator's bytes; empty: <c>programs/bin/facilitator.so</c>, looked for from the program's folder upwards.</summary>
    public string ProgramPath { get; set; } = "";

    /// <summary>The facilitator's key (its address); empty: the development key beside the programs.</summary>
    public string ProgramKeyPath { get; set; } = "";

    /// <summary>On a localnet the demo wallet <c>payer.json</c> is given this much HYPER once, and as much of the mint that stands in for USDC.</summary>
    [Range(0, 1_000_000)]
    public int DemoWalletHyper { get; set; } = 10_000;

    /// <summary>The nodes to ask, the preferred first.</summary>
    public IReadOnlyList<Uri> Endpoints() => [.. (RpcUrls.Count > 0 ? RpcUrls : [RpcUrl]).Select(a => new Uri(a))];

    /// <summary>Which addresses are no good, by their number: an address may hold a secret.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        const int most = 5;
        if (RpcUrls.Count > most)
        {
            yield return new ValidationResult($"RpcUrls has {RpcUrls.Count} addresses; {most} are the most.", [nameof(RpcUrls)]);
        }

        if (WsUrl.Length > 0 && (!Uri.TryCreate(WsUrl, UriKind.Absolute, out var ws) || ws.Scheme is not ("ws" or "wss")))
        {
            yield return new ValidationResult("WsUrl is no ws or wss address.", [nameof(WsUrl)]);
        }

        foreach (var wrong in ValidateSigner(nameof(RelayerSignerUrl), RelayerSignerUrl, nameof(RelayerPublicKey), RelayerPublicKey)
            .Concat(ValidateSigner(nameof(AssignerSignerUrl), AssignerSignerUrl, nameof(AssignerPublicKey), AssignerPublicKey)))
        {
            yield return wrong;
        }

        for (var i = 0; i < RpcUrls.Count; i++)
        {
            if (!Uri.TryCreate(RpcUrls[i], UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            {
                yield return new ValidationResult($"RpcUrls:{i} is no http or https address.", [nameof(RpcUrls)]);
            }
            else if (RpcUrls.Take(i).Contains(RpcUrls[i]))
            {
                yield return new ValidationResult($"RpcUrls:{i} is there twice: a second endpoint must be another one.", [nameof(RpcUrls)]);
            }
        }
    }

    private static IEnumerable<ValidationResult> ValidateSigner(string urlName, string url, string keyName, string key)
    {
        if (url.Length == 0)
        {
            if (key.Length > 0)
            {
                yield return new ValidationResult($"{keyName} is for {urlName}, which is empty.", [keyName]);
            }

            yield break;
        }

        // What is signed is money: nobody in between may see the token.
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || !(address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
        {
            yield return new ValidationResult($"{urlName} is no https address, nor an http one of this machine.", [urlName]);
        }

        if (!PublicKey.TryParse(key, out _))
        {
            yield return new ValidationResult($"{keyName} is no base58 public key.", [keyName]);
        }
    }
}

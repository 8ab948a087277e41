using System.ComponentModel.DataAnnotations;
using Hypernode.Contracts.Intents;

namespace Hypernode.Api.X402;

/// <summary>What x402 clients are offered, bound from <c>Hypernode:X402</c>.</summary>
public sealed class X402Options : IValidatableObject
{
    public const string Section = "Hypernode:X402";

    /// <summary>The network as x402 v2 names it (CAIP-2). Stock clients know mainnet, devnet and testnet only, so a localnet goes by devnet's name.</summary>
    [Required]
    [RegularExpression("^solana:[1-9A-HJ-NP-Za-km-z]{32}$")]
    public string Network { get; set; } = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1";

    /// <summary>The same network as x402 v1 names it.</summary>
    [Required]
    [RegularExpression("^solana(-devnet|-testnet)?$")]
    public string NetworkV1 { get; set; } = "solana-devnet";

    /// <summary>USDC's mint, base58, as stock clients know it on that network (devnet's). It is offered where the chain's Config takes payments in it.</summary>
    [Required]
    public string UsdcMint { get; set; } = "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU";

    /// <summary>The price of one HYPER in base units of USDC (10⁻⁶ USDC); what it makes of an amount is rounded up.</summary>
    [Range(1, 1_000_000_000_000)]
    public long UsdcPerHyper { get; set; } = 50_000;

    /// <summary>How soon a client is told to pay, in seconds. What it signs runs out with its block, after about a minute.</summary>
    [Range(10, 3_600)]
    public int MaxTimeoutSeconds { get; set; } = 60;

    /// <summary>How long a paid submission waits for its settlement before it is answered with <c>settlement_pending</c>, in milliseconds.</summary>
    [Range(0, 60_000)]
    public int SettleWaitMilliseconds { get; set; } = 20_000;

    /// <summary>Wallets (base58) that <c>/settle</c> sends other servers' payments to, at our cost; empty: it serves nobody.</summary>
    public IReadOnlyList<string> FacilitatorPayTo { get; set; } = [];

    /// <summary>How many deposit accounts a signed-in payer may have opened before paying, for clients that simulate their transfer first; 0: none.</summary>
    [Range(0, 100)]
    public int OpenAccountsPerWallet { get; set; } = 4;

    /// <summary>The same for all payers together: so many times about 0.002 SOL may be bound until settle_by.</summary>
    [Range(0, 100_000)]
    public int OpenAccounts { get; set; } = 200;

    /// <summary>This API's address as clients see it, for the resource that a payment is for; empty: as the request names it.</summary>
    public string PublicUrl { get; set; } = "";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!WalletAddress.TryParse(UsdcMint, null, out _))
        {
            yield return new ValidationResult("UsdcMint is no base58 address.", [nameof(UsdcMint)]);
        }

        if (FacilitatorPayTo.FirstOrDefault(a => !WalletAddress.TryParse(a, null, out _)) is { } wrong)
        {
            yield return new ValidationResult($"{wrong} in FacilitatorPayTo is no base58 address.", [nameof(FacilitatorPayTo)]);
        }

        if (PublicUrl.Length > 0 && (!Uri.TryCreate(PublicUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")))
        {
            yield return new ValidationResult("PublicUrl is no http or https address.", [nameof(PublicUrl)]);
        }
    }
}

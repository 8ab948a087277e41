using System.ComponentModel.DataAnnotations;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>The chain, bound from <c>Hypernode:Chain</c>.</summary>
public sealed class SolanaOptions
{
    public const string Section = "Hypernode:Chain";

    /// <summary>The node's JSON-RPC address.</summary>
    [Required]
    [Url]
    public string RpcUrl { get; set; } = "http://127.0.0.1:8899";

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

    /// <summary>The folder of the control plane's keys; empty: <c>keys</c> in the host's data folder.</summary>
    public string KeysPath { get; set; } = "";

    /// <summary>The facilitator's bytes; empty: <c>programs/bin/facilitator.so</c>, looked for from the program's folder upwards.</summary>
    public string ProgramPath { get; set; } = "";

    /// <summary>The facilitator's key (its address); empty: the development key beside the programs.</summary>
    public string ProgramKeyPath { get; set; } = "";

    /// <summary>On a localnet the demo wallet <c>payer.json</c> is given this much HYPER once.</summary>
    [Range(0, 1_000_000)]
    public int DemoWalletHyper { get; set; } = 10_000;
}

using System.ComponentModel.DataAnnotations;

namespace Hypernode.Host.Embedded;

/// <summary>The bundled localnet as a child of this process, bound from <c>Hypernode:Localnet</c>.</summary>
public sealed class LocalnetOptions
{
    public const string Section = "Hypernode:Localnet";

    /// <summary>False: a chain is at <c>Hypernode:Chain:RpcUrl</c> already.</summary>
    public bool Start { get; set; }

    /// <summary>The ledger.</summary>
    public string DataPath { get; set; } = "";

    /// <summary>A slot, in milliseconds.</summary>
    [Range(50, 10_000)]
    public int SlotMs { get; set; } = 400;

    /// <summary>localnet/main.cjs; empty: looked for from the program's folder upwards.</summary>
    public string Script { get; set; } = "";
}

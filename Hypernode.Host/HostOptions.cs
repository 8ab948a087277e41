using System.ComponentModel.DataAnnotations;

namespace Hypernode.Host;

public enum BusTransport
{
    /// <summary>In this process only; nothing is lost on a crash because outbox rows stay until they are consumed.</summary>
    Memory,
    RabbitMq,
}

/// <summary>What this process is, bound from <c>Hypernode:Host</c>.</summary>
public sealed class HostOptions
{
    public const string Section = "Hypernode:Host";

    /// <summary>Any of api, sagas, workers, agents; comma-separated. The agents' role is for the embedded stack.</summary>
    [Required]
    [RegularExpression("^(api|sagas|workers|agents)(,(api|sagas|workers|agents))*$", ErrorMessage = "Hypernode:Host:Roles is a list of api, sagas, workers, agents")]
    public string Roles { get; set; } = "api,sagas,workers,agents";

    /// <summary>Where the API and the health routes listen; port 0 takes a free one.</summary>
    [Required]
    public string Url { get; set; } = "http://127.0.0.1:0";

    /// <summary>Keys, database, blobs, ledger and <c>host.json</c>.</summary>
    [Required]
    public string DataPath { get; set; } = ".hypernode";

    public BusTransport Transport { get; set; } = BusTransport.Memory;

    public IReadOnlySet<string> RoleSet => Roles.Split(',').ToHashSet(StringComparer.Ordinal);

    public bool Has(string role) => RoleSet.Contains(role);
}

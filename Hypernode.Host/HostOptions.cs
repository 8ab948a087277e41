using System.ComponentModel.DataAnnotations;

namespace Hypernode.Host;

public enum BusTransport
{
    /// <summary>In this process only; nothing is lost on a crash because outbox rows stay until they are consumed.</summary>
    Memory,
    RabbitMq,
}

/// <summary>What this process is, bound from <c>Hypernode:Host</c>.</summary>
public sealed class HostOptions : IValidatableObject
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

    /// <summary>Memory (one process, the embedded stack) or RabbitMq (several).</summary>
    public BusTransport Transport { get; set; } = BusTransport.Memory;

    public IReadOnlySet<string> RoleSet => Roles.Split(',').ToHashSet(StringComparer.Ordinal);

    public bool Has(string role) => RoleSet.Contains(role);

    /// <summary>Is everything that this host serves on this machine only?</summary>
    public bool IsLoopback => Uri.TryCreate(Url, UriKind.Absolute, out var uri) && uri.IsLoopback;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Transport == BusTransport.Memory && !(Has("api") && Has("sagas") && Has("workers")))
        {
            yield return new(
                "Hypernode:Host:Transport Memory needs the roles api, sagas and workers in one process: another would never hear of a job", [nameof(Roles)]);
        }

        if (Transport == BusTransport.RabbitMq && Has("agents"))
        {
            yield return new("Hypernode:Host:Roles agents is for the embedded stack: over RabbitMq agents are programs of their own", [nameof(Roles)]);
        }
    }
}

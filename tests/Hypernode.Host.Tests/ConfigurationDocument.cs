using System.Collections;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Hypernode.Api;
using Hypernode.Api.Live;
using Hypernode.Api.X402;
using Hypernode.Contracts.Jobs;
using Hypernode.Host.Embedded;
using Hypernode.NodeAgent;
using Hypernode.Sagas.Engine;
using Hypernode.Storage;
using Hypernode.Storage.Blobs;
using Hypernode.Workers.Adapters.Solana;

namespace Hypernode.Host.Tests;

/// <summary>docs/configuration.md, from the options classes themselves: names, defaults, and their comments.</summary>
internal static partial class ConfigurationDocument
{
    private static readonly (string Title, string Section, Type Options)[] Sections =
    [
        ("What this process is", HostOptions.Section, typeof(HostOptions)),
        ("How long each part of a job's life may take", WorkflowWindows.Section, typeof(WorkflowWindows)),
        ("The engine", EngineOptions.Section, typeof(EngineOptions)),
        ("Storage", StorageOptions.Section, typeof(StorageOptions)),
        ("Blobs in a bucket", S3Options.Section, typeof(S3Options)),
        ("The broker", "Hypernode:RabbitMq", typeof(HostOptions).Assembly.GetType("Hypernode.Host.Messaging.Adapters.RabbitMq.RabbitMqOptions")!),
        ("The chain", SolanaOptions.Section, typeof(SolanaOptions)),
        ("The bundled localnet", LocalnetOptions.Section, typeof(LocalnetOptions)),
        ("The API", ApiOptions.Section, typeof(ApiOptions)),
        ("Live events", LiveOptions.Section, typeof(LiveOptions)),
        ("Payments by x402", X402Options.Section, typeof(X402Options)),
        ("An agent (its own program, and the defaults of the embedded ones)", AgentOptions.Section, typeof(AgentOptions)),
        ("Embedded agents, one entry each", "Hypernode:Agents:0", typeof(FleetAgentOptions)),
    ];

    public static string Render()
    {
        var text = new StringBuilder();
        text.AppendLine("# Configuration");
        text.AppendLine();
        text.AppendLine("Settings come from the JSON file that `--config` names; environment variables win over it (`Hypernode__Windows__MatchSeconds=60`).");
        text.AppendLine("What is out of range stops the program at its start, with the setting's name. Generated from the options classes;");
        text.AppendLine("a stale copy fails a test (`HYPERNODE_UPDATE_DOCS=1` rewrites it).");
        foreach (var (title, section, type) in Sections)
        {
            text.AppendLine();
            text.AppendLine($"## {title}: `{section}`");
            text.AppendLine();
            text.AppendLine("| key | default | meaning |");
            text.AppendLine("|---|---|---|");
            var defaults = Activator.CreateInstance(type)!;
            foreach (var property in type.GetProperties().Where(p => p.CanWrite || typeof(IEnumerable).IsAssignableFrom(p.PropertyType) && p.PropertyType != typeof(string)))
            {
                if (property.Name is "RoleSet" or "Node")
                {
                    continue;
                }

                text.AppendLine($"| `{property.Name}` | {Show(property.GetValue(defaults))} | {Summary(property)} |");
            }
        }

        return text.ToString();
    }

    private static string Show(object? value) => value switch
    {
        null or "" => "",
        string s => $"`{s}`",
        IEnumerable => "",
        bool b => b ? "`true`" : "`false`",
        _ => $"`{value}`",
    };

    /// <summary>The property's comment, from the compiler's XML file beside the assembly.</summary>
    private static string Summary(PropertyInfo property)
    {
        var file = Path.ChangeExtension(property.DeclaringType!.Assembly.Location, ".xml");
        var member = XDocument.Load(file).Descendants("member")
            .FirstOrDefault(m => m.Attribute("name")!.Value == $"P:{property.DeclaringType.FullName}.{property.Name}");
        if (member?.Element("summary") is not { } summary)
        {
            return property.PropertyType.IsEnum ? string.Join(", ", Enum.GetNames(property.PropertyType)) : "";
        }

        foreach (var code in summary.Elements("c").ToList())
        {
            code.ReplaceWith($"`{code.Value}`");
        }

        foreach (var see in summary.Elements("see").ToList())
        {
            see.ReplaceWith($"`{see.Attribute("cref")!.Value.Split('.')[^1]}`");
        }

        return Space().Replace(summary.Value.Trim(), " ").Replace("|", "\\|");
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}

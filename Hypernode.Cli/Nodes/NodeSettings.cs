using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Cli.Stack;
using Hypernode.NodeAgent;
using Hypernode.NodeAgent.Hardware;
using Microsoft.Extensions.Configuration;

namespace Hypernode.Cli.Nodes;

/// <summary>Where a node is at home, beside what its agent reads: kept in the same file, in a section of its own.</summary>
/// <param name="Registry">The node registry's address.</param>
/// <param name="Benchmarks">As they were measured when the node joined.</param>
internal sealed record NodeHome(
    string Api, string Rpc, string Network, string Registry, string Authority, IReadOnlyList<BenchmarkFigure> Benchmarks)
{
    public const string Section = "Node";
}

/// <summary>The folder of one node: <c>agent.json</c> (its settings), <c>sent-transaction.json</c> while its end is not known, <c>node-id</c>, <c>node-key.json</c>, <c>data/</c>.</summary>
internal sealed class NodeFolder(string path)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() },
    };

    public static string Default => Path.GetFullPath(Path.Combine(".hypernode", "node"));

    public string Root => path;

    public string SettingsFile => In("agent.json");

    public string KeyFile => In("node-key.json");

    public string IdFile => In("node-id");

    public PendingFile Sent => new(In("sent-transaction.json"));

    public string In(string name) => Path.Combine(path, name);

    /// <summary>What the agent would read; its defaults before the node has joined.</summary>
    /// <exception cref="CliException">The file is there, and can't be read as settings.</exception>
    public AgentOptions Options()
    {
        var options = new AgentOptions { DataFolder = In("data") };
        if (!File.Exists(SettingsFile))
        {
            return options;
        }

        try
        {
            new ConfigurationBuilder().AddJsonFile(SettingsFile).Build().GetSection(AgentOptions.Section).Bind(options);
            return options;
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            throw new CliException($"{SettingsFile} can't be read as settings: {e.Message}", e);
        }
    }

    /// <returns>Null: the node has not joined.</returns>
    public NodeHome? Home()
    {
        if (!File.Exists(SettingsFile))
        {
            return null;
        }

        return (JsonNode.Parse(File.ReadAllText(SettingsFile)) as JsonObject)?["Hypernode"]?[NodeHome.Section] is { } home
            ? home.Deserialize<NodeHome>(Json)
            : null;
    }

    /// <summary>Changes what is given and keeps the rest: an operator's own settings stay.</summary>
    /// <returns>False: everything was so already.</returns>
    public bool Write(JsonObject agent, NodeHome home)
    {
        var before = File.Exists(SettingsFile) ? File.ReadAllText(SettingsFile) : "";
        var root = before.Length > 0 && JsonNode.Parse(before) is JsonObject existing ? existing : [];
        var section = root["Hypernode"] as JsonObject ?? [];
        root["Hypernode"] = section;
        var options = section["Agent"] as JsonObject ?? [];
        section["Agent"] = options;
        foreach (var (name, value) in agent)
        {
            options[name] = value?.DeepClone();
        }

        section[NodeHome.Section] = JsonSerializer.SerializeToNode(home, Json);
        if (before.Length > 0 && JsonNode.DeepEquals(JsonNode.Parse(before), root))
        {
            return false;
        }

        HostConfig.Write(SettingsFile, root);
        return true;
    }
}

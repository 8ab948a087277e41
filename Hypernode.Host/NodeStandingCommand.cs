using System.Text.Json;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Host.Adapters;
using Hypernode.Host.Messaging.Adapters.RabbitMq;
using Hypernode.Storage;
using Hypernode.Workers.Nodes;

namespace Hypernode.Host;

/// <summary>An operator's word on nodes: <c>node list</c>, <c>node revoke</c> and <c>node restore</c>, one JSON object a line.</summary>
internal static class NodeStandingCommand
{
    private const int MaxReason = 500;

    /// <summary>Longer than the broker remembers an answer (ops/rabbitmq/nodes.conf).</summary>
    private static readonly TimeSpan BrokersMemory = TimeSpan.FromSeconds(5);

    /// <param name="words"><c>list</c>; <c>revoke</c> and a node id; <c>restore</c> and a node id.</param>
    /// <returns>0; 1: nothing was changed.</returns>
    /// <exception cref="ArgumentException">With what is wrong.</exception>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> words, string? reason, IConfiguration configuration, TextWriter output, CancellationToken cancellationToken)
    {
        await using var services = Open(configuration);
        var standings = services.GetRequiredService<INodeStandings>();
        switch (words)
        {
            case ["list"]:
                foreach (var revocation in await standings.RevokedAsync(cancellationToken))
                {
                    await output.WriteLineAsync(JsonSerializer.Serialize(revocation, ContractJson.Options));
                }

                return 0;
            case ["revoke", var id] when reason is { Length: > 0 and <= MaxReason }:
                return await RevokeAsync(Parse(id), reason, services, output, cancellationToken);
            case ["restore", var id]:
                return await AnswerAsync(Parse(id), await standings.RestoreAsync(Parse(id), RevokedBy.Operator, cancellationToken), 0, services, output, cancellationToken);
            default:
                throw new ArgumentException($"node needs list, revoke NODE-ID --reason TEXT (at most {MaxReason} characters), or restore NODE-ID; see --help");
        }
    }

    private static NodeId Parse(string id) =>
        NodeId.TryParse(id, null, out var node) ? node : throw new ArgumentException($"{id} is no node id: a lower-case UUID");

    /// <summary>The directory first, then its connections, and again when the broker has forgotten that it let the node in.</summary>
    private static async Task<int> RevokeAsync(NodeId node, string reason, ServiceProvider services, TextWriter output, CancellationToken cancellationToken)
    {
        var time = services.GetRequiredService<TimeProvider>();
        var changed = await services.GetRequiredService<INodeStandings>()
            .RevokeAsync(node, NodeStatus.Jailed, RevokedBy.Operator, reason, time.GetUtcNow(), cancellationToken);
        var closed = 0;
        if (services.GetService<ConnectionSweep>() is { } sweep)
        {
            closed = await sweep.RunOnceAsync(cancellationToken);
            await Task.Delay(BrokersMemory, time, cancellationToken);
            closed += await sweep.RunOnceAsync(cancellationToken);
        }

        return await AnswerAsync(node, changed, closed, services, output, cancellationToken);
    }

    private static async Task<int> AnswerAsync(
        NodeId id, bool changed, int closed, ServiceProvider services, TextWriter output, CancellationToken cancellationToken)
    {
        var node = await services.GetRequiredService<INodeDirectory>().FindAsync(id, cancellationToken);
        var by = (await services.GetRequiredService<INodeStandings>().RevokedAsync(cancellationToken)).FirstOrDefault(r => r.NodeId == id)?.By;
        await output.WriteLineAsync(JsonSerializer.Serialize(new Answer(id, node?.Status.ToString() ?? "unknown", by, changed, closed), ContractJson.Options));
        return changed ? 0 : 1;
    }

    private static ServiceProvider Open(IConfiguration configuration)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(configuration).AddSingleton(TimeProvider.System).AddSingleton<IIdSource, SystemIds>();
        var host = configuration.GetSection(HostOptions.Section).Get<HostOptions>() ?? new HostOptions();
        services.AddHypernodeStorage(configuration);
        if (host.Transport == BusTransport.RabbitMq)
        {
            services.AddNodeConnections(configuration);
        }

        return services.BuildServiceProvider();
    }

    /// <param name="By">Null: it is in good standing, or unknown.</param>
    /// <param name="ConnectionsClosed">Of all revoked nodes.</param>
    private sealed record Answer(NodeId NodeId, string Status, RevokedBy? By, bool Changed, int ConnectionsClosed);
}

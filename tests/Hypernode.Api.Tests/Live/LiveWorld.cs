using System.Text;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Live;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.DependencyInjection;

namespace Hypernode.Api.Tests.Live;

/// <summary>API hosts on real sockets, over one set of jobs, logs and nodes, and one way of hints, as several hosts share them.</summary>
public sealed class LiveWorld : IAsyncDisposable
{
    public static readonly NodeId NodeId = NodeId.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");

    private readonly List<ApiHost> _hosts = [];

    private LiveWorld()
    {
    }

    /// <summary>The first host: its fakes are everybody's.</summary>
    public ApiHost Host => _hosts[0];

    /// <param name="settings">Name under Hypernode:Live, and value.</param>
    public static async Task<LiveWorld> StartAsync(params (string Name, string Value)[] settings)
    {
        var world = new LiveWorld();
        await world.AnotherHostAsync(settings);
        return world;
    }

    public async Task<ApiHost> AnotherHostAsync(params (string Name, string Value)[] settings)
    {
        var all = settings.ToDictionary(s => s.Name.Contains(':', StringComparison.Ordinal) ? s.Name : $"Hypernode:Live:{s.Name}", s => (string?)s.Value, StringComparer.Ordinal);
        all.TryAdd("Hypernode:Live:NetworkMilliseconds", "10");
        all.TryAdd("Hypernode:Live:StateMilliseconds", "1");
        if (_hosts.Count > 0)
        {
            all["Hypernode:Api:TokenKeyFile"] = Host.TokenKeyFile;
        }

        var host = await ApiHost.StartAsync(all, services =>
        {
            if (_hosts.Count > 0)
            {
                services.AddSingleton<IJobReader>(Host.Jobs).AddSingleton<IEvidence>(Host.Evidence).AddSingleton<INodeDirectory>(Host.Nodes)
                    .AddSingleton<IStandingReader>(Host.Standing).AddSingleton<ILiveStates>(Host.States).AddSingleton<ILiveHints>(Host.Hints);
            }
        }, onSocket: true);
        _hosts.Add(host);
        return host;
    }

    public async Task<JobId> JobAsync(string state = JobStateNames.Executing)
    {
        var job = JobId.Parse(await Bodies.SubmittedJobAsync(Host, TestWallet.Alice));
        Move(job, state);
        return job;
    }

    /// <summary>A transition, and the hint after its commit.</summary>
    public void Move(JobId job, string state)
    {
        Host.Jobs.Move(job, state);
        Host.Hints.Moved([LiveTopic.OfJob(job)]);
    }

    public async Task LogAsync(JobId job, int attempt, long from, int count = 1, string text = "line\n")
    {
        await Host.Evidence.AddLogsAsync(
            [.. Enumerable.Range(0, count).Select(i => new LogChunk(job, attempt, from + i, "stdout", 1, Encoding.UTF8.GetBytes(text), default))], Host.Clock.Now, default);
        Host.Hints.Moved([LiveTopic.OfLogs(job)]);
    }

    public void Node(NodeStatus status, JobId? job = null)
    {
        Host.Nodes.All[NodeId] = new NodeView(
            NodeId, TestWallet.Node.Address, TestWallet.Alice.Address, "gpu-1", status, new NodeOffer(1, 2_000, 4_096, new HyperAmount(1_000), [], []), 0, 0, default, Host.Clock.Now, Host.Clock.Now);
        lock (Host.Standing.Leases)
        {
            Host.Standing.Leases.Clear();
            if (job is { } running)
            {
                Host.Standing.Leases.Add(new LeaseView(running, 1, NodeId, 0, default, new HyperAmount(1), Host.Clock.Now, null, null, Live: true));
            }
        }

        Host.Hints.Moved([LiveTopic.OfNode(NodeId)]);
    }

    /// <summary>As a host that dies: its sockets break in the middle.</summary>
    public async Task KillAsync(ApiHost host)
    {
        _hosts.Remove(host);
        await host.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in Enumerable.Reverse(_hosts))
        {
            await host.DisposeAsync();
        }
    }
}

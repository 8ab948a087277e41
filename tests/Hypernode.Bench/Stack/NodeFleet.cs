using System.Collections.Concurrent;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Host.Embedded;
using Microsoft.Extensions.Options;

namespace Hypernode.Bench.Stack;

/// <summary>All nodes of a stack: they register, beat, and answer commands over their own queues, or in process in the embedded stack.</summary>
internal sealed class NodeFleet(
    IServiceProvider services, INodeDirectory directory, INodeCommandSender queues, IOptions<LoadOptions> options, EndedJobsReader ended, TimeProvider time, ILogger<NodeFleet> logger)
    : IAsyncDisposable
{
    public const string BeatsCounter = "bench.beats";
    private const int TurnsOfIdleNodes = 5;
    private static readonly TimeSpan _leasedBeat = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<JobId, Action> _told = new();
    private readonly ConcurrentDictionary<NodeId, ConcurrentDictionary<JobId, ExecuteJob>> _held = new();
    private readonly List<SimulatedNode> _nodes = [];
    private Func<NodeId, NodeMessage, Task>? _say;
    private NodesBroker? _broker;
    private long _beats;

    /// <summary>True: nodes begin what they are told, and never end it.</summary>
    public bool Hold { get; set; }

    /// <summary>Sent so far: messages that no job causes.</summary>
    public long Beats => Interlocked.Read(ref _beats);

    public async Task EnlistAsync(CancellationToken cancellationToken)
    {
        for (var i = 1; i <= options.Value.Nodes; i++)
        {
            _nodes.Add(new SimulatedNode(i, options.Value.Slots));
        }

        foreach (var node in _nodes)
        {
            await directory.RegisterAsync(node.Registration(time.GetUtcNow()), time.GetUtcNow(), cancellationToken);
            await queues.EnsureQueueAsync(node.Id, cancellationToken);
        }

        if (options.Value.NodesBroker.Length > 0)
        {
            _broker = await NodesBroker.ConnectAsync(options.Value.NodesBroker, cancellationToken);
            _say = _broker.SayAsync;
            foreach (var node in _nodes)
            {
                await _broker.ListenAsync(node.Id, command => TakeAsync(node, command), cancellationToken);
            }
        }
        else
        {
            ListenInProcess(cancellationToken);
        }

        await Task.WhenAll(_nodes.Select(BeatAsync));
        _ = KeepBeatingAsync(cancellationToken);
    }

    /// <summary>Calls back when a node has been told to run that job.</summary>
    public void WhenTold(JobId job, Action told) => _told[job] = told;

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        _nodes.ForEach(n => n.Dispose());
    }

    private void ListenInProcess(CancellationToken cancellationToken)
    {
        var nodes = services.GetRequiredService<InProcessNodes>();
        var links = _nodes.ToDictionary(n => n.Id, n => nodes.CreateLink(n.Id));
        foreach (var node in _nodes)
        {
            _ = links[node.Id].ListenAsync(
                (command, token) =>
                {
                    _ = TakeAsync(node, command); // journaled; the rest is the node's own time
                    return Task.CompletedTask;
                },
                cancellationToken);
        }

        _say = (node, message) => links[node].SendAsync(message, CancellationToken.None);
    }

    /// <summary>
    /// An agent says in one message what it says at one moment; so does this node, whose job takes no time: its start, its line
    /// of output and its report are one moment. Completes when it has arrived.
    /// </summary>
    private async Task TakeAsync(SimulatedNode node, NodeCommand command)
    {
        if (command is not ExecuteJob execute)
        {
            return; // nothing runs, so there is nothing to stop
        }

        try
        {
            if (_told.TryRemove(execute.JobId, out var told))
            {
                told();
            }

            var started = SimulatedNode.Started(execute, time.GetUtcNow());
            if (Hold)
            {
                _held.GetOrAdd(node.Id, _ => new())[execute.JobId] = execute;
                await _say!(node.Id, started);
                return;
            }

            var (log, report) = node.Ended(execute, time.GetUtcNow());
            await _say!(node.Id, new NodeBundle([started, log, report]));
            ended.Reported(execute.JobId);
        }
        catch (Exception e)
        {
            logger.LogError(e, "a node's answer did not arrive");
        }
    }

    /// <summary>As agents do: a node with a lease beats every three seconds, an idle one every fifteen; evenly spread, since real nodes don't start at once.</summary>
    private async Task KeepBeatingAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_leasedBeat / _nodes.Count, time);
        for (var beat = 0L; await timer.WaitForNextTickAsync(cancellationToken); beat++)
        {
            var (turn, node) = (beat / _nodes.Count, _nodes[(int)(beat % _nodes.Count)]);
            if (turn % TurnsOfIdleNodes == 0 || _held.ContainsKey(node.Id))
            {
                _ = BeatAsync(node);
            }
        }
    }

    private async Task BeatAsync(SimulatedNode node)
    {
        try
        {
            var leases = _held.TryGetValue(node.Id, out var held)
                ? held.Values.Select(e => new LeaseBeat(e.JobId, e.Attempt, 0, Ended: false)).ToList()
                : [];
            Interlocked.Increment(ref _beats);
            await _say!(node.Id, new Beat(time.GetUtcNow().ToUnixTimeMilliseconds(), leases));
        }
        catch (Exception e)
        {
            logger.LogError(e, "a beat did not arrive");
        }
    }
}

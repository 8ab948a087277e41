using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Hypernode.Bench.Running;
using Hypernode.Cli.Client;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Solana;

namespace Hypernode.Bench.Api;

/// <param name="Sockets">Each watches one node and the network.</param>
/// <param name="EventsPerSecond">Nodes that are drained or undrained; each is seen by Sockets ÷ Nodes sockets.</param>
/// <param name="Nodes">They are registered at the API, and stay there.</param>
/// <param name="ServerProcess">Whose memory is told; null: it is not.</param>
internal sealed record LivePlan(int Sockets, int EventsPerSecond, int Seconds, int Nodes = 500, int? ServerProcess = null);

/// <summary>What the sockets saw.</summary>
/// <param name="Events">That were made.</param>
/// <param name="Expected">Messages that should have come: for each event one to each socket that watches its node.</param>
/// <param name="Received">Of them those that came. A node's state that another replaced at once may be left out; this load waits for that not to happen.</param>
/// <param name="NetworkMessages">Beside them.</param>
/// <param name="LagP50Ms">From before the request that moved the node to the message at the socket.</param>
/// <param name="Broken">Sockets that did not last.</param>
/// <param name="ServerBytesBefore">Resident, without a socket.</param>
internal sealed record LiveOutcome(
    int Sockets,
    long Events,
    long Expected,
    long Received,
    long NetworkMessages,
    double LagP50Ms,
    double LagP99Ms,
    double LagMaxMs,
    int Broken,
    long? ServerBytesBefore,
    long? ServerBytesAfter)
{
    public double? BytesPerSocket => (ServerBytesAfter - ServerBytesBefore) / (double?)Sockets;
}

/// <summary>
/// Opens sockets at a running API and makes events at a fixed rate by its own routes: it drains and undrains nodes of its own. Knows
/// nothing of the server but its address; client and server share the machine if it is the same.
/// </summary>
internal sealed class LiveBench(Uri api, Action<string> say)
{
    private const int ConnectAtOnce = 64;

    private static readonly TimeSpan _settle = TimeSpan.FromSeconds(3);

    private readonly ConcurrentBag<double> _lags = [];
    private LiveBenchNode[] _nodes = [];
    private long _networkMessages;
    private int _broken;

    public async Task<LiveOutcome> RunAsync(LivePlan plan, CancellationToken cancellationToken = default)
    {
        using var owner = new Account();
        using var http = new HttpClient { BaseAddress = api };
        using var client = new ApiClient(http);
        await client.SignInAsync(owner, cancellationToken);
        _nodes = await RegisterAsync(plan.Nodes, owner, http, client, cancellationToken);
        var before = Resident(plan);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sockets = new LiveBenchSocket[plan.Sockets];
        say($"opening {plan.Sockets} sockets");
        await Parallel.ForAsync(0, plan.Sockets, new ParallelOptions { MaxDegreeOfParallelism = ConnectAtOnce, CancellationToken = cancellationToken }, async (i, token) =>
        {
            sockets[i] = await LiveBenchSocket.OpenAsync(api, _nodes[i % _nodes.Length], token);
        });
        var reading = Task.WhenAll(sockets.Select(s => ReadAsync(s, ending.Token)));
        await Task.Delay(_settle, TimeProvider.System, cancellationToken);

        say($"{plan.EventsPerSecond} events a second for {plan.Seconds} s");
        _lags.Clear();
        Interlocked.Exchange(ref _networkMessages, 0);
        var events = await MoveAsync(plan, client, cancellationToken);
        await Task.Delay(_settle, TimeProvider.System, cancellationToken);
        var after = Resident(plan);
        await ending.CancelAsync();
        await reading;
        foreach (var socket in sockets)
        {
            socket.Dispose();
        }

        double[] lags = [.. _lags.Order()];
        return new LiveOutcome(
            plan.Sockets, events.Sum(e => e.Value), events.Sum(e => e.Value * (long)sockets.Count(s => s.Node == e.Key)), lags.Length, _networkMessages, Rank(lags, 50), Rank(lags, 99), lags.LastOrDefault(), _broken, before, after);
    }

    private static long? Resident(LivePlan plan) => plan.ServerProcess is { } process ? ProcessTree.ResidentBytes(process) : null;

    /// <summary>The nearest rank: a value that was measured.</summary>
    private static double Rank(double[] sorted, int percent) =>
        sorted.Length == 0 ? 0 : Math.Round(sorted[Math.Max(0, (int)Math.Ceiling(sorted.Length * percent / 100.0) - 1)], 1);

    private async Task<LiveBenchNode[]> RegisterAsync(int count, Account owner, HttpClient http, ApiClient client, CancellationToken cancellationToken)
    {
        var network = (await http.GetFromJsonAsync<JsonObject>("/api/stats/network", cancellationToken))!["network"]!.GetValue<string>();
        say($"registering {count} nodes on {network}");
        var nodes = new LiveBenchNode[count];
        for (var i = 0; i < count; i++)
        {
            using var key = new Account();
            nodes[i] = new LiveBenchNode(new NodeId(Guid.NewGuid()));
            var registration = new NodeRegistration(
                nodes[i].Id, AddressOf(key), AddressOf(owner), "live-bench", new NodeOffer(1, 1_000, 1_024, new HyperAmount(1_000), [], []), TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
            await client.RegisterNodeAsync(registration, network, key, owner, cancellationToken);
        }

        return nodes;
    }

    private static WalletAddress AddressOf(Account account) => WalletAddress.FromBytes(account.PublicKey.AsSpan());

    /// <summary>Open loop: an event's time is the plan's, however slow the ones before it are. A node that is still being moved is passed over.</summary>
    private async Task<IReadOnlyDictionary<LiveBenchNode, int>> MoveAsync(LivePlan plan, ApiClient client, CancellationToken cancellationToken)
    {
        var moved = new ConcurrentDictionary<LiveBenchNode, int>();
        var (started, total, requests) = (Stopwatch.GetTimestamp(), plan.EventsPerSecond * plan.Seconds, new List<Task>());
        for (var i = 0; i < total; i++)
        {
            var wait = TimeSpan.FromSeconds((double)i / plan.EventsPerSecond) - Stopwatch.GetElapsedTime(started);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, TimeProvider.System, cancellationToken);
            }

            var node = _nodes[i % _nodes.Length];
            if (node.Begin())
            {
                requests.Add(MoveOneAsync(node, client, moved, cancellationToken));
            }
        }

        await Task.WhenAll(requests);
        return moved;
    }

    private static async Task MoveOneAsync(LiveBenchNode node, ApiClient client, ConcurrentDictionary<LiveBenchNode, int> moved, CancellationToken cancellationToken)
    {
        await client.DrainAsync(node.Id.ToString(), drained: node.Status == "draining", cancellationToken);
        moved.AddOrUpdate(node, 1, (_, count) => count + 1);
        node.End();
    }

    private async Task ReadAsync(LiveBenchSocket socket, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var (name, status) in socket.ReadAsync(cancellationToken))
            {
                if (name == "network_stats_update")
                {
                    Interlocked.Increment(ref _networkMessages);
                }
                else if (name == "node_status_update" && socket.Node.LagOf(status) is { } lag)
                {
                    _lags.Add(lag.TotalMilliseconds);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e) when (e is System.Net.WebSockets.WebSocketException or IOException)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }

        Interlocked.Increment(ref _broken);
    }
}

using System.Text.Json;
using Hypernode.Api.Http;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Live;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Live;

/// <summary>What has a history: each event has its number there, and can be read again.</summary>
internal interface IHistoryFeed
{
    /// <summary>What was read last is the end: nothing comes any more, and nobody need look.</summary>
    bool IsOver { get; }

    /// <summary>The number of the newest event, where that is cheap to know; null: it is not, and who has none begins at the first.</summary>
    Task<long?> NewestAsync(CancellationToken cancellationToken);

    /// <returns>Some of the events after that number, in order, and whether there may be more at once.</returns>
    Task<(IReadOnlyList<LiveEvent> Events, bool More)> ReadAsync(long after, CancellationToken cancellationToken);
}

/// <summary>A job's transitions: an event's number is its place in the history, which grows under the job's version guard alone.</summary>
internal sealed class JobFeed(IJobReader jobs, LiveTopic topic) : IHistoryFeed
{
    private readonly JobId _job = JobId.Parse(topic.Id);

    public bool IsOver { get; private set; }

    public async Task<long?> NewestAsync(CancellationToken cancellationToken) => (await jobs.HistoryAsync(_job, cancellationToken)).Count;

    public async Task<(IReadOnlyList<LiveEvent> Events, bool More)> ReadAsync(long after, CancellationToken cancellationToken)
    {
        var history = await jobs.HistoryAsync(_job, cancellationToken);
        IsOver = history is [.., var last] && JobStateNames.IsTerminal(last.State);
        var events = new List<LiveEvent>();
        for (var place = after + 1; place <= history.Count; place++)
        {
            events.Add(LiveEvent.Of(JobStatusUpdate.Event, topic.ToString(), place, JobStatusUpdate.Of(topic.Id, history[(int)place - 1])));
        }

        return (events, false);
    }
}

/// <summary>What a job prints. An event's number is made of the chunk's own: attempt × 2³² + chunk + 1.</summary>
internal sealed class LogFeed(IEvidence evidence, LiveTopic topic, TimeProvider time, TimeSpan patience) : IHistoryFeed
{
    /// <summary>A page of full chunks is about a megabyte and a half of events.</summary>
    private const int PageSize = 16;

    private readonly JobLog _log = new(evidence, JobId.Parse(topic.Id), time, patience);

    public bool IsOver => false;

    public static long NumberOf(int attempt, long chunk) => ((long)attempt << 32) + chunk + 1;

    public static (int Attempt, long Chunk) PositionOf(long number) => ((int)(number >> 32), (number & uint.MaxValue) - 1);

    public Task<long?> NewestAsync(CancellationToken cancellationToken) => Task.FromResult<long?>(null);

    public async Task<(IReadOnlyList<LiveEvent> Events, bool More)> ReadAsync(long after, CancellationToken cancellationToken)
    {
        var (chunks, more) = await _log.ReadAsync(PositionOf(after), PageSize, ended: false, cancellationToken);
        return (
            [.. chunks.Select(c => LiveEvent.Of(JobLogUpdate.Event, topic.ToString(), NumberOf(c.Chunk.Attempt, c.Chunk.Seq), JobLogUpdate.Of(c)))],
            more);
    }
}

/// <summary>
/// What has a state and no history: it is looked at, and where it is not what was last shown, by whichever host, it becomes the next
/// state, with the next number. States that came and went between two looks are not shown.
/// </summary>
internal sealed class StateFeed(ILiveStates states, LiveTopic topic, Func<CancellationToken, Task<JsonElement?>> look, string name)
{
    private const int MaxTries = 5;

    private readonly string _channel = topic.Kind == LiveKind.Wallet ? LiveAccess.WalletChannel : topic.ToString();

    /// <summary>The newest; null: there is nothing to show (the node is gone).</summary>
    public async Task<LiveEvent?> ReadAsync(CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            // What was shown first, then what is: another host's newer state is then never overwritten by an older look.
            var shown = await states.FindAsync(topic.ToString(), cancellationToken);
            if (await look(cancellationToken) is not { } now)
            {
                return null;
            }

            var body = now.GetRawText();
            if (shown?.Body == body || tries == MaxTries)
            {
                return shown is null ? null : EventOf(shown);
            }

            if (await states.AdvanceAsync(topic.ToString(), shown?.Seq ?? 0, body, cancellationToken))
            {
                return EventOf(new LiveState((shown?.Seq ?? 0) + 1, body));
            }
        }
    }

    private LiveEvent EventOf(LiveState state)
    {
        using var data = JsonDocument.Parse(state.Body);
        return LiveEvent.Of(name, _channel, state.Seq, data.RootElement);
    }
}

/// <summary>Makes the feed of a topic.</summary>
internal sealed class Feeds(
    IJobReader jobs, IEvidence evidence, INodeDirectory nodes, IStandingReader standings, ILiveStates states, TimeProvider time, Microsoft.Extensions.Options.IOptions<LiveOptions> options)
{
    public IHistoryFeed? HistoryOf(LiveTopic topic) => topic.Kind switch
    {
        LiveKind.Job => new JobFeed(jobs, topic),
        LiveKind.Logs => new LogFeed(evidence, topic, time, TimeSpan.FromMilliseconds(options.Value.LogGapMilliseconds)),
        _ => null,
    };

    public StateFeed StateOf(LiveTopic topic) => topic.Kind switch
    {
        LiveKind.Node => new StateFeed(states, topic, token => NodeAsync(NodeId.Parse(topic.Id), token), NodeStatusUpdate.Event),
        LiveKind.Wallet => new StateFeed(states, topic, token => WalletAsync(WalletAddress.Parse(topic.Id), token), BalanceUpdate.Event),
        LiveKind.Network => new StateFeed(states, topic, NetworkAsync, NetworkStatsUpdate.Event),
        _ => throw new ArgumentException($"{topic} has a history", nameof(topic)),
    };

    private async Task<JsonElement?> NodeAsync(NodeId id, CancellationToken cancellationToken) =>
        await nodes.FindAsync(id, cancellationToken) is { } node
            ? Json(NodeStatusUpdate.Of(node, await standings.LeasesOfAsync(id, cancellationToken)))
            : null;

    private async Task<JsonElement?> WalletAsync(WalletAddress wallet, CancellationToken cancellationToken) =>
        Json(BalanceUpdate.Of(wallet.ToString(), await states.SumsAsync(wallet, cancellationToken)));

    private async Task<JsonElement?> NetworkAsync(CancellationToken cancellationToken) =>
        Json(NetworkStatsUpdate.Of(await states.CountsAsync(cancellationToken)));

    private static JsonElement Json<T>(T data) => JsonSerializer.SerializeToElement(data, ApiJson.Options);
}

using System.Collections.Concurrent;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Engine;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Delivery;

/// <summary>
/// Messages that stay in this process: commands for a worker here, events for the saga here. The row of each stays in the
/// outbox until the commit that consumes it, so a crash changes nothing.
/// </summary>
public sealed partial class LocalWork(
    WorkerTable workers,
    Lazy<JobEngine> engine,
    IEngineScheduler scheduler,
    TimeProvider time,
    IOptions<EngineOptions> options,
    ILogger<LocalWork> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private const int MaxTries = 5;
    private const int MaxRemembered = 4_096;

    /// <summary>So often in a row may a job's message be given up before an operator hears of it.</summary>
    internal const int AlarmAfter = 5;

    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _rows = new();
    private readonly Dictionary<Type, Lane> _lanes = [];

    // By job and kind, not by row: the saga asks anew, each time with another row.
    private readonly ConcurrentDictionary<(JobId? Job, Type Kind), int> _givenUp = new();
    private readonly Lock _lock = new();

    /// <summary>Rows that this process has been at since before <paramref name="since"/>; they count as taken anew from now on.</summary>
    public IReadOnlyCollection<Guid> StillAt(DateTimeOffset since)
    {
        var now = time.GetUtcNow();
        var old = _rows.Where(r => r.Value <= since).ToList();
        return [.. old.Where(r => _rows.TryUpdate(r.Key, now, r.Value)).Select(r => r.Key)];
    }

    /// <summary>Takes the message, unless it is taken already.</summary>
    public void Start(OutboxMessage row, object message)
    {
        if (!_rows.TryAdd(row.MessageId, time.GetUtcNow()))
        {
            return;
        }

        EngineMetrics.TakenLocally();
        var kind = workers.IsLocal(message.GetType()) ? message.GetType() : typeof(JobEngine);
        lock (_lock)
        {
            if (!_lanes.TryGetValue(kind, out var lane))
            {
                _lanes[kind] = lane = new Lane();
            }

            lane.Waiting.Enqueue((row.MessageId, message));
            if (lane.Running == options.Value.Concurrency)
            {
                return;
            }

            lane.Running++;
        }

        scheduler.Run(() => DrainAsync(kind));
    }

    private async Task DrainAsync(Type kind)
    {
        while (Next(kind) is var (id, message) && message is not null)
        {
            try
            {
                await TryAsync(id, message).ConfigureAwait(false);
                _givenUp.TryRemove(KeyOf(message), out _);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // The row is still there: the relay brings it back when its time is up, or the saga asks anew.
                NoteGivenUp(e, message);
            }
            finally
            {
                _rows.TryRemove(id, out _);
            }
        }
    }

    /// <summary>
    /// What is here has no dead letters: its row is the letter, and stays until its answer or its job's end. Whoever looks
    /// after the host learns of it when it no longer looks like an outage.
    /// </summary>
    private void NoteGivenUp(Exception failure, object message)
    {
        var ((job, kind), name) = (KeyOf(message), message.GetType().Name);
        EngineMetrics.GivenUp(name);
        GivenUp(logger, failure, name, job, MaxTries);
        if (_givenUp.Count >= MaxRemembered)
        {
            _givenUp.Clear(); // jobs that ended otherwise; who still fails is counted anew
        }

        if (_givenUp.AddOrUpdate((job, kind), 1, (_, times) => times + 1) == AlarmAfter)
        {
            NeverAnswered(logger, failure, name, job, AlarmAfter);
        }
    }

    private static (JobId? Job, Type Kind) KeyOf(object message) => ((message as IJobMessage)?.JobId, message.GetType());

    private (Guid Id, object? Message) Next(Type kind)
    {
        lock (_lock)
        {
            var lane = _lanes[kind];
            if (lane.Waiting.TryDequeue(out var next))
            {
                return next;
            }

            lane.Running--;
            return (default, null);
        }
    }

    private async Task TryAsync(Guid id, object message)
    {
        var pause = FirstPause;
        for (var tries = 1; ; tries++)
        {
            try
            {
                await HandleAsync(id, message).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException and not UnknownJobException && tries < MaxTries)
            {
                NotYet(logger, message.GetType().Name, (message as IJobMessage)?.JobId, e.Message);
            }

            await Task.Delay(pause, time).ConfigureAwait(false);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task HandleAsync(Guid id, object message)
    {
        if (!workers.IsLocal(message.GetType()))
        {
            await engine.Value.HandleAsync(id, null, (IJobMessage)message, CancellationToken.None).ConfigureAwait(false);
            return;
        }

        var answer = await workers.HandleAsync(message, CancellationToken.None).ConfigureAwait(false);
        await engine.Value.HandleAsync(Answers.IdOf(id), id, (IJobMessage)answer, CancellationToken.None).ConfigureAwait(false);
    }

    [LoggerMessage(2004, LogLevel.Warning, "{Message} of {JobId} was given up after {Tries} tries; it comes again from its row or from its job's timer")]
    private static partial void GivenUp(ILogger logger, Exception e, string message, JobId? jobId, int tries);

    [LoggerMessage(2006, LogLevel.Error, "ALARM {Message} of {JobId} was given up {Times} times in a row; it is tried on, its row stays in the outbox")]
    private static partial void NeverAnswered(ILogger logger, Exception e, string message, JobId? jobId, int times);

    [LoggerMessage(2005, LogLevel.Debug, "{Message} of {JobId} has no answer yet: {Why}")]
    private static partial void NotYet(ILogger logger, string message, JobId? jobId, string why);

    private sealed class Lane
    {
        public Queue<(Guid Id, object? Message)> Waiting { get; } = new();

        public int Running { get; set; }
    }
}

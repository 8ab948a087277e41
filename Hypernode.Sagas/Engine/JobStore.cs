using System.Collections.Concurrent;
using System.Text.Json;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Engine;

/// <summary>
/// The jobs that this host works on. Loads are gathered like commits; what was committed last stays in memory, which is safe
/// with several hosts for two reasons: the version guard refuses what was decided on a stale row, and a message is never
/// ignored on the ground of a cached row (<see cref="LoadedJob.Fresh"/>).
/// </summary>
public sealed class JobStore
{
    private readonly ISagaJournal _journal;
    private readonly GroupLoop<JobId, StoredSaga?> _loads;
    private readonly ConcurrentDictionary<JobId, (LoadedJob Job, long Put)> _cache = new();
    private readonly ConcurrentQueue<(JobId Id, long Put)> _order = new();
    private readonly int _capacity;
    private long _puts;

    public JobStore(ISagaJournal journal, IEngineScheduler scheduler, IOptions<EngineOptions> options)
    {
        _journal = journal;
        _capacity = options.Value.CachedJobs;
        _loads = new(scheduler, options.Value.Batch, id => (id, null), LoadAsync);
    }

    /// <summary>Takes the job out of the cache, or loads it. Null: no such job. Not shared: who took it puts it back, or lets it go.</summary>
    public async Task<LoadedJob?> TakeAsync(JobId id, bool fresh)
    {
        if (_cache.TryRemove(id, out var cached) && !fresh)
        {
            return cached.Job;
        }

        return await _loads.AddAsync(id).ConfigureAwait(false) is { } stored ? LoadedJob.Of(stored) : null;
    }

    /// <summary>The job as it was committed just now.</summary>
    public void Put(JobState job, string body)
    {
        if (_capacity == 0 || JobStateNames.IsTerminal(job.CurrentState))
        {
            return;
        }

        var put = Interlocked.Increment(ref _puts);
        _cache[job.JobId] = (LoadedJob.Remembered(job, body), put);
        _order.Enqueue((job.JobId, put));
        while (_cache.Count > _capacity && _order.TryDequeue(out var oldest))
        {
            Forget(oldest);
        }

        // Markers of entries that were taken meanwhile.
        while (_order.TryPeek(out var next) && !(_cache.TryGetValue(next.Id, out var entry) && entry.Put == next.Put) && _order.TryDequeue(out next))
        {
            Forget(next);
        }
    }

    private void Forget((JobId Id, long Put) marker)
    {
        if (_cache.TryGetValue(marker.Id, out var entry) && entry.Put == marker.Put)
        {
            _cache.TryRemove(new(marker.Id, entry));
        }
    }

    private async Task<IReadOnlyList<StoredSaga?>> LoadAsync(IReadOnlyList<JobId> ids)
    {
        EngineMetrics.Loaded();
        var rows = (await _journal.LoadAsync(ids, CancellationToken.None).ConfigureAwait(false)).ToDictionary(r => r.Id);
        return [.. ids.Select(id => rows.GetValueOrDefault(id))];
    }
}

/// <summary>A job in hand, and what its row says.</summary>
public sealed class LoadedJob
{
    private readonly string _body;
    private readonly StoredSaga? _row;

    private LoadedJob(JobState job, string body, StoredSaga? row) => (Job, _body, _row) = (job, body, row);

    public JobState Job { get; }

    /// <summary>Read from the storage for this message; false: remembered from an earlier commit of this host.</summary>
    public bool Fresh => _row is not null;

    public static LoadedJob Of(StoredSaga row) => new(Read(row), row.Body, row);

    /// <param name="body">The row's JSON as this host has just committed it.</param>
    public static LoadedJob Remembered(JobState job, string body) => new(job, body, null);

    /// <summary>The row says the same already. One of an older shape may differ in form and not in content: it is compared as this version writes it.</summary>
    public bool Says(string body) => body == _body || (_row is { } row && body == JsonSerializer.Serialize(Read(row), ContractJson.Options));

    private static JobState Read(StoredSaga row)
    {
        var job = JsonSerializer.Deserialize<JobState>(row.Body, ContractJson.Options)!;
        (job.CorrelationId, job.CurrentState, job.Version) = (row.Id.Value, row.State, row.Version);
        return job;
    }
}

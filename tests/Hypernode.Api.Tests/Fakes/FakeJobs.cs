using System.Collections.Concurrent;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Tests.Fakes;

/// <summary>Jobs in memory, with the intake's rules.</summary>
public sealed class FakeJobs : IJobIntake, IJobReader
{
    private readonly Lock _gate = new();

    public ConcurrentDictionary<JobId, JobView> All { get; } = new();

    public ConcurrentDictionary<JobId, List<JobTransition>> Histories { get; } = new();

    /// <summary>How often a history was read.</summary>
    public int HistoryReads { get; private set; }

    public Task<IntakeResult> SubmitAsync(JobSubmission submission, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult(Submit(submission));
        }
    }

    public Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken) => Task.FromResult(All.GetValueOrDefault(id));

    public Task<JobView?> FindByIntentAsync(IntentId id, CancellationToken cancellationToken) =>
        Task.FromResult(All.Values.FirstOrDefault(j => j.Intent.IntentId == id));

    public Task<IReadOnlyList<JobView>> ListAsync(WalletAddress owner, string? status, (DateTimeOffset At, JobId Id)? before, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<JobView>>([.. All.Values
            .Where(j => j.Owner == owner && (status is null || JobStateNames.ToStatus(j.State) == status))
            .Where(j => before is null || (j.CreatedAt, j.Id.ToString()).CompareTo((before.Value.At, before.Value.Id.ToString())) < 0)
            .OrderByDescending(j => j.CreatedAt)
            .ThenByDescending(j => j.Id.ToString(), StringComparer.Ordinal)
            .Take(limit)]);

    public Task<IReadOnlyList<JobTransition>> HistoryAsync(JobId id, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            HistoryReads++;
            return Task.FromResult<IReadOnlyList<JobTransition>>([.. Histories.GetValueOrDefault(id) ?? []]);
        }
    }

    /// <summary>Happens while sums are made.</summary>
    public Action WhenSummed { get; set; } = static () => { };

    public Task<JobStats> StatsAsync(CancellationToken cancellationToken)
    {
        WhenSummed();
        return Task.FromResult(Sums());
    }

    private JobStats Sums() => new(
        All.Values.GroupBy(j => j.State).ToDictionary(g => g.Key, g => (long)g.Count(), StringComparer.Ordinal),
        All.Values.Aggregate(HyperAmount.Zero, (sum, j) => sum + (j.Settlement?.Charge ?? HyperAmount.Zero)),
        All.Values.Aggregate(HyperAmount.Zero, (sum, j) => sum + (j.Settlement?.Refund ?? HyperAmount.Zero)));

    /// <summary>What the saga would do.</summary>
    public void Move(JobId id, string state, Func<JobView, JobView>? change = null)
    {
        lock (_gate)
        {
            All[id] = (change ?? (j => j))(All[id]) with { State = state };
            Histories[id].Add(new JobTransition(state, All[id].CreatedAt.AddSeconds(Histories[id].Count), "Test", All[id].Attempt));
        }
    }

    private IntakeResult Submit(JobSubmission submission)
    {
        var intent = submission.Intent;
        var same = All.GetValueOrDefault(intent.JobId);
        if (same is not null && same.Intent == intent && same.IntentSignature == submission.Signature && same.SpecHash == submission.SpecHash)
        {
            return IntakeResult.Repeated;
        }

        if (All.Values.Any(j => j.Intent.IntentId == intent.IntentId))
        {
            return IntakeResult.IntentUsed;
        }

        if (All.Values.Any(j => j.Owner == intent.Client && j.Intent.Nonce == intent.Nonce))
        {
            return IntakeResult.NonceUsed;
        }

        if (same is not null)
        {
            return IntakeResult.JobUsed;
        }

        All[intent.JobId] = new JobView(
            intent.JobId, intent.Client, JobStateNames.Initial, 0, null, null, intent, submission.Signature, submission.Spec, submission.SpecHash,
            submission.SettleBy, submission.Salt, null, null, null, null, null, [], submission.At, null);
        Histories[intent.JobId] = [new JobTransition(JobStateNames.Initial, submission.At, "Submitted", 0)];
        return IntakeResult.Accepted;
    }
}

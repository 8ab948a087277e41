using System.Text.Json;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Timers;
using Hypernode.Sagas.Engine;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Timers;

/// <summary>
/// The re-drive (I7): a job that has not ended, with no timer that would wake it and no message on its way, is an alarm; its
/// timers are set again from what its own row says is armed. Nothing that we know of leaves such a job behind; this is for
/// what we don't know of: a restored backup, a deleted row, a bug.
/// </summary>
public sealed partial class StrandedJobs(
    ISagaAudit audit, IJobReader jobs, IOptions<WorkflowWindows> windows, TimeProvider time, ILogger<StrandedJobs> logger)
{
    private const int Batch = 256;

    /// <returns>How many were found.</returns>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var stranded = await audit.StrandedAsync(Batch, cancellationToken).ConfigureAwait(false);
        foreach (var saga in stranded)
        {
            var timers = await TimersOfAsync(saga, cancellationToken).ConfigureAwait(false);
            if (timers.Count == 0)
            {
                NothingArmed(logger, saga.Id, saga.State);
            }
            else if (await audit.ReviveAsync(saga, timers, cancellationToken).ConfigureAwait(false))
            {
                Revived(logger, saga.Id, saga.State, timers.Count);
                EngineMetrics.Revived();
            }
        }

        return stranded.Count;
    }

    private async Task<IReadOnlyList<TimerChange>> TimersOfAsync(StoredSaga saga, CancellationToken cancellationToken)
    {
        if (saga.State == JobStateNames.Initial)
        {
            return await jobs.FindAsync(saga.Id, cancellationToken).ConfigureAwait(false) is { } job ? [FirstMessage(job)] : [];
        }

        var state = JsonSerializer.Deserialize<JobState>(saga.Body, ContractJson.Options)!;
        state.CorrelationId = saga.Id.Value;
        return [.. state.Armed.Select(armed => state.ToTimer(armed.Key, DueOf(armed.Key, state), armed.Value))];
    }

    /// <summary>Questions are asked again at once. What ends an attempt gives its node a whole run: when it began is not known any more.</summary>
    private DateTimeOffset DueOf(TimerKind kind, JobState job) => kind switch
    {
        TimerKind.Expiry => windows.Value.ExpiresAt(job.SettleBy),
        TimerKind.Lease => time.GetUtcNow() + TimeSpan.FromSeconds(windows.Value.StartPatienceSeconds) + (job.Spec?.RunLimit() ?? TimeSpan.Zero),
        _ => time.GetUtcNow(),
    };

    /// <summary>As the intake sets it: the saga has not seen the job yet.</summary>
    private TimerChange FirstMessage(JobView job)
    {
        var submitted = new JobSubmitted(job.Id, job.Intent, job.IntentSignature, job.Spec, job.SpecHash, job.SettleBy, job.Salt);
        return new(job.Id, TimerKind.Step, time.GetUtcNow(), 0, typeof(JobSubmitted).FullName!, ContractCodec.Serialize(submitted));
    }

    [LoggerMessage(2111, LogLevel.Error, "ALARM {JobId} was stranded in {State}: no timer, no message on its way. {Timers} of its timers are set again (I7)")]
    private static partial void Revived(ILogger logger, JobId jobId, string state, int timers);

    [LoggerMessage(2112, LogLevel.Error, "ALARM {JobId} is stranded in {State}, and its row names no timer to set again: it needs an operator (I7)")]
    private static partial void NothingArmed(ILogger logger, JobId jobId, string state);
}

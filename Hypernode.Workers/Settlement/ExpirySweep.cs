using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hypernode.Workers.Settlement;

/// <param name="Orphans">Open payments past settle_by whose job is missing or has ended.</param>
/// <param name="Refunded">Of these, given back now.</param>
public sealed record ExpirySweepResult(int Orphans, int Refunded);

/// <summary>
/// The last net under the money (protocol A15): lists payments that are open on chain past settle_by and the program's grace, and
/// refunds those that no saga looks after. A job that is still alive has its own timer for this. Where the grace on chain is longer
/// than the configured one (the bootstrap warns of that), the program says "not yet", and a later sweep succeeds.
/// </summary>
public sealed class ExpirySweep(IEscrow escrow, IJobReader jobs, IOptions<WorkflowWindows> windows, ILogger<ExpirySweep> logger)
{
    public async Task<ExpirySweepResult> RunOnceAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (orphans, refunded) = (0, 0);
        var before = now.ToUnixTimeSeconds() - windows.Value.RefundGraceSeconds;
        foreach (var payment in await escrow.OpenPastAsync(before, cancellationToken))
        {
            var job = await jobs.FindByIntentAsync(payment.IntentId, cancellationToken);
            if (job is not null && !JobStateNames.IsTerminal(job.State))
            {
                continue;
            }

            orphans++;
            WorkerMetrics.Orphans.Add(1);
            Log.OrphanFound(logger, payment.IntentId, payment.JobId, job?.State ?? "missing");
            refunded += await RefundAsync(payment, cancellationToken) ? 1 : 0;
        }

        return new ExpirySweepResult(orphans, refunded);
    }

    /// <summary>One that can't be refunded now must not keep the others from it.</summary>
    private async Task<bool> RefundAsync(EscrowView payment, CancellationToken cancellationToken)
    {
        var command = new RefundPayment(payment.JobId, payment.IntentId, payment.Attempt, RefundReason.Expired, Pending: null);
        var failure = await AskAsync(command, cancellationToken) switch
        {
            EscrowAnswer.Done { Payment.Status: EscrowStatus.Refunded } => null,
            EscrowAnswer.Done done => $"it is {done.Payment.Status}",
            EscrowAnswer.Refused refused => $"{refused.Code}: {refused.Detail}",
            EscrowAnswer.Unknown unknown => unknown.Detail,
            _ => "no such answer",
        };
        if (failure is not null)
        {
            Log.OrphanNotRefunded(logger, payment.IntentId, payment.JobId, failure);
        }

        return failure is null;
    }

    private async Task<EscrowAnswer> AskAsync(RefundPayment command, CancellationToken cancellationToken)
    {
        try
        {
            return await escrow.RefundAsync(command, cancellationToken);
        }
        catch (IOException e)
        {
            return new EscrowAnswer.Unknown(null, e.Message);
        }
    }
}

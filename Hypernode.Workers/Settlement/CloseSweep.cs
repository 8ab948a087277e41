using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Logging;

namespace Hypernode.Workers.Settlement;

/// <summary>
/// Brings the rent of payments that are over back to whoever paid it, so that a job costs the relayer its transactions' fees and
/// nothing else. It finds them on chain at each turn, so a turn that was cut off, or whose answer was lost, needs no memory: what
/// is gone is not found again. Two hosts that sweep at once harm nobody but for a fee. A job that has not ended may still have to
/// ask how its payment ended (its answer was lost, and we were away for a day): its payment stays.
/// </summary>
public sealed class CloseSweep(ITombstones tombstones, IJobReader jobs, ILogger<CloseSweep> logger)
{
    /// <summary>A turn is short, whatever has piled up; the next one goes on.</summary>
    public const int MostInATurn = 1_000;

    /// <returns>closed now</returns>
    public async Task<int> RunOnceAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            var due = await EndedAsync(await tombstones.ClosableAsync(now.ToUnixTimeSeconds(), MostInATurn, cancellationToken), cancellationToken);
            if (due.Count == 0)
            {
                return 0;
            }

            var closed = await tombstones.CloseAsync(due, cancellationToken);
            WorkerMetrics.Closed.Add(closed);
            Log.PaymentsClosed(logger, closed, due.Count);
            return closed;
        }
        catch (IOException e)
        {
            Log.PaymentsNotClosed(logger, e.Message);
            return 0;
        }
    }

    private async Task<IReadOnlyList<IntentId>> EndedAsync(IReadOnlyList<IntentId> payments, CancellationToken cancellationToken)
    {
        var ended = new List<IntentId>();
        foreach (var payment in payments)
        {
            if (await jobs.FindByIntentAsync(payment, cancellationToken) is not { } job || JobStateNames.IsTerminal(job.State))
            {
                ended.Add(payment);
            }
        }

        return ended;
    }
}

using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Invariants;
using Hypernode.Simulation.World;

namespace Hypernode.Simulation.Audit;

/// <summary>
/// What <c>hn ops audit</c> would say of this universe, at any moment of it. It judges by rows and accounts alone, so it must never
/// see an offence where the checks that know the world see none: an alarm that cries wolf is not looked at.
/// </summary>
internal sealed class OperatorsAudit(Universe universe)
{
    public IEnumerable<(JobRecord Job, Finding Finding)> Look()
    {
        var (audit, db) = (new JobAudit(universe.Windows, universe.Loop.Now), universe.Database);
        var live = db.LiveLeases.ToLookup(l => l.JobId, l => l.Attempt);
        var messages = db.Outbox.Rows.Values.ToLookup(r => r.Message.JobId);
        return db.Jobs.Values.SelectMany(job => audit.Of(FactsOf(job, [.. live[job.Id]], messages[job.Id].Count()), PaymentOf(job)).Select(f => (job, f)));
    }

    private PaymentFacts PaymentOf(JobRecord job) => universe.Chain.Payments.TryGetValue(job.Submission.Intent.IntentId, out var payment)
        ? new PaymentFacts(payment.View, payment.Escrowed)
        : new PaymentFacts(null, 0);

    private JobFacts FactsOf(JobRecord job, IReadOnlyList<int> live, int messages)
    {
        var (intent, row, db) = (job.Submission.Intent, job.Row, universe.Database);
        var attempts = Enumerable.Range(1, row?.Attempt ?? 0).ToList();
        return new JobFacts(
            job.Id,
            job.State,
            job.Version,
            row?.Attempt ?? 0,
            row?.Outcome,
            job.CompletedAt is not null,
            (long)intent.Amount.BaseUnits,
            job.Submission.SettleBy,
            row?.ExecutionHash,
            new IntentFacts(intent.IntentId, intent.Client.ToString(), (long)intent.Amount.BaseUnits),
            row?.Settlement is { } s
                ? new SettlementFacts((long)s.Charge.BaseUnits, (long)s.NodeShare.BaseUnits, (long)s.ProtocolFee.BaseUnits, (long)s.PlatformFee.BaseUnits, (long)s.Refund.BaseUnits)
                : null,
            job.Submission.Spec.RunLimit(),
            db.Outbox.Timers.TryGetValue(job.Id, out var timers) ? timers.Count : 0,
            messages,
            // The journal does not write again what the intake has written.
            [.. job.History.Where((h, i) => i == 0 || h.State != JobStateNames.Submitted).Select((h, i) => new StepFacts(i == 0 ? 0 : job.Version, h.State, h.Cause, h.Attempt, h.At))],
            [
                .. attempts.Select(a => db.FindLease(job.Id, a)).OfType<LeaseView>().Select(l => new LeaseFacts(
                    l.Attempt, l.NodeId.ToString(), l.Slot, live.Contains(l.Attempt), db.Nodes[l.NodeId].Authority.ToString())),
            ],
            [
                .. attempts.Select(a => universe.Evidence.FindReceipt(job.Id, a)).OfType<StoredReceipt>().Select(r => new ReceiptFacts(
                    r.Receipt.Attempt, r.Receipt.NodeId.ToString(), r.Receipt.Hash().ToString())),
            ]);
    }
}

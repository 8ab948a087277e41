using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Invariants;
using Hypernode.Simulation.World;

namespace Hypernode.Simulation.Audit;

/// <summary>Money on chain, and the books at the end.</summary>
internal sealed partial class Auditor
{
    /// <summary>How long after the last settle_by the last job may take to end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>Virtual ones: it is not cheap.</summary>
    private const int SecondsBetweenAudits = 30;

    private long _lookedAt = -1;

    public void Moved(ChainPayment payment, string how)
    {
        var (chain, view) = (universe.Chain, payment.View);
        universe.Trace.Add("chain", payment.Id.Value, view.Attempt, how);
        Check("I1", view.JobId, SumOnChain() == chain.Minted, $"after {how} the sums are {SumOnChain()}, minted were {chain.Minted}");
        Check("I1", view.JobId, payment.Escrowed == (view.Status == EscrowStatus.Pending ? view.Amount.BaseUnits : 0), $"after {how} the escrow holds {payment.Escrowed}");
        if (!universe.Database.Jobs.TryGetValue(view.JobId, out var job))
        {
            Violate("I8", view.JobId, $"{how} for a job that nobody accepted");
            return;
        }

        Check("I12", job.Id, view.Amount == job.Submission.Intent.Amount && view.SettleBy == job.Submission.SettleBy, "the payment is not the one that was signed");
        if (how == "lock")
        {
            Check("I5", job.Id, job.State is JobStateNames.EscrowPending or JobStateNames.Submitted || MayLockLate(payment.Id), $"locked in {job.State}");
        }

        if (how.StartsWith("settle", StringComparison.Ordinal))
        {
            Check("I2", job.Id, payment.Versions.Count(v => v.View.Status != EscrowStatus.Pending) == 1, "paid or refunded twice");
            Check("I3", job.Id, view.Attempt == job.Row!.Attempt, $"attempt {view.Attempt} was paid, the current one is {job.Row.Attempt}");
            Check("I4", job.Id, job.State is JobStateNames.SettlementPending or JobStateNames.Refunding, $"paid out in {job.State}");
        }
        else if (how.StartsWith("refund", StringComparison.Ordinal))
        {
            Check("I2", job.Id, payment.Versions.Count(v => v.View.Status != EscrowStatus.Pending) == 1, "paid or refunded twice");
            Check("I5", job.Id, view.Charge.BaseUnits == 0, "refunded although something was paid");
            Check(
                "I5",
                job.Id,
                job.State is JobStateNames.Refunding or JobStateNames.Rejected || universe.Loop.Now.ToUnixTimeSeconds() >= view.SettleBy,
                $"{how} in {job.State}");
        }
    }

    /// <summary>Everything has ended, or the time for it is over.</summary>
    public bool IsOver()
    {
        // Looked at once a virtual second: it is not cheap.
        var second = (long)universe.Loop.Elapsed.TotalSeconds;
        if (second == _lookedAt)
        {
            return false;
        }

        _lookedAt = second;
        if (second % SecondsBetweenAudits == 0)
        {
            HoldOperatorsAudit();
        }

        var db = universe.Database;
        var last = db.Jobs.Count == 0 ? 0 : db.Jobs.Values.Max(j => j.Submission.SettleBy);
        if (universe.Loop.Now > DateTimeOffset.FromUnixTimeSeconds(last + universe.Windows.RefundGraceSeconds) + Patience)
        {
            return true;
        }

        return universe.Clients.Unanswered == 0
            && db.Jobs.Values.All(j => j.IsTerminal)
            && db.Outbox.Rows.Count == 0
            && universe.Broker.Queues.All(q => q.Name == Contracts.Topology.Queues.NodesIngress || q.Open == 0)
            && universe.Chain.Payments.Values.All(p => p.View.Status != EscrowStatus.Pending);
    }

    /// <summary>The books, once nothing moves any more.</summary>
    public void Finish()
    {
        if (HasViolation)
        {
            return;
        }

        var (db, chain) = (universe.Database, universe.Chain);
        Check("liveness", null, universe.Clients.Unanswered == 0, $"{universe.Clients.Unanswered} payers never got an answer");
        foreach (var job in universe.Clients.Accepted)
        {
            Check("liveness", job, db.Jobs.ContainsKey(job), "it was accepted, and is not there");
        }

        foreach (var job in db.Jobs.Values)
        {
            Check("liveness", job.Id, job.IsTerminal, $"it is still {job.State}, version {job.Version}, {DescribeWait(job.Id)}");
            CheckBooks(job);
        }

        HoldOperatorsAudit();
        foreach (var payment in chain.Payments.Values)
        {
            Check("I1", payment.View.JobId, payment.View.Status != EscrowStatus.Pending, "money is still locked");
        }

        foreach (var row in db.Outbox.Rows.Values)
        {
            Check("I8", row.Message.JobId, false, $"{Short(row.Message.Type)} to {row.Message.Destination} is still in the outbox");
        }

        Check("I11", null, db.Outbox.Timers.All(t => t.Value.Count == 0 || !db.Jobs[t.Key].IsTerminal), "an ended job still has a timer");
        Check("I10", null, !db.LiveLeases.Any(), "a slot is still held");
        foreach (var queue in universe.Broker.Queues.Where(q => q.Name != Contracts.Topology.Queues.NodesIngress))
        {
            Check("liveness", null, queue.Open == 0, $"{queue.Name} still has {queue.Open} messages");
        }

        var dead = universe.Broker.DeadLetters.Select(d => d.Message.Id).ToHashSet();
        foreach (var (id, queue) in _poison)
        {
            Check("liveness", null, dead.Contains(id), $"poison in {queue} was neither handled nor parked");
        }

        foreach (var node in universe.Nodes)
        {
            Check("I1", null, db.Nodes[node.Id].Earned.BaseUnits == chain.WalletOf(node.Authority).Balance, "a node's earnings are not what it got");
        }
    }

    /// <summary>It knows less than we do, so whatever it says must be so.</summary>
    private void HoldOperatorsAudit()
    {
        foreach (var (job, finding) in new OperatorsAudit(universe).Look())
        {
            Violate(finding.Invariant, job.Id, $"an operator's audit: {finding.Detail}");
        }
    }

    /// <summary>What the saga says is what the chain says.</summary>
    private void CheckBooks(JobRecord job)
    {
        var payment = universe.Chain.Payments.GetValueOrDefault(job.Submission.Intent.IntentId)?.View;
        Check(
            job.State == JobStateNames.Rejected ? "I5" : "I2",
            job.Id,
            JobRules.EndsAlike(job.State, job.Row?.Settlement?.Charge.BaseUnits ?? 0, payment),
            $"{job.State}, and the chain says {payment?.Status}");
        Check("I11", job.Id, job.History[^1].State == job.State || job.History.Count == 1, "the history does not end where the job does");
    }

    private string DescribeWait(JobId job)
    {
        var timers = universe.Database.Outbox.Timers.TryGetValue(job, out var there)
            ? string.Join(", ", there.Select(t => $"{t.Key} in {(t.Value.DueAt - universe.Loop.Now).TotalSeconds:F1} s"))
            : "";
        var rows = string.Join(", ", universe.Database.Outbox.Rows.Values.Where(r => r.Message.JobId == job).Select(r => Short(r.Message.Type)));
        return $"timers [{timers}], rows [{rows}]";
    }

    private ulong SumOnChain()
    {
        var chain = universe.Chain;
        var sum = chain.ProtocolVault + chain.PlatformVault + chain.InEscrow;
        foreach (var wallet in chain.Wallets.Values)
        {
            sum += wallet.Balance;
        }

        return sum;
    }
}

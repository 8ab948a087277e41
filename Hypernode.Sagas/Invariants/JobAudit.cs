using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;

namespace Hypernode.Sagas.Invariants;

/// <summary>One job's rows, and the chain's word on its payment, held against the invariants. Pure: who reads is somebody else.</summary>
/// <param name="now">By the reader's clock.</param>
public sealed class JobAudit(WorkflowWindows windows, DateTimeOffset now)
{
    /// <summary>A host's clock may be ahead by a minute (F20).</summary>
    private static readonly TimeSpan ClockError = TimeSpan.FromSeconds(61);

    private static readonly TimeSpan SweepTime = TimeSpan.FromMinutes(2);

    /// <param name="chain">Null: the chain was not asked.</param>
    public IEnumerable<Finding> Of(JobFacts job, PaymentFacts? chain) =>
        [.. Sums(job), .. History(job), .. Payment(job), .. Refund(job), .. Waits(job), .. chain is null ? [] : OnChain(job, chain)];

    /// <summary>Its tombstone may be closed by now: then the chain has nothing to say of it any more.</summary>
    public bool IsForgotten(JobFacts job, PaymentFacts chain) => chain.Payment is null && now.ToUnixTimeSeconds() >= job.SettleBy;

    private static IEnumerable<Finding> Sums(JobFacts job)
    {
        if (job.Intent is not { } intent)
        {
            yield return new("I12", "no intent was signed for it");
        }
        else if (intent.Amount != job.Amount)
        {
            yield return new("I12", $"its amount is {job.Amount}, {intent.Amount} was signed");
        }

        if (job.Amount < 0)
        {
            yield return new("I12", $"its amount is {job.Amount}");
        }

        if (job.Sums is not { } s)
        {
            if (job.State is JobStateNames.Paid or JobStateNames.Refunded)
            {
                yield return new("I1", $"it is {job.State}, and nobody wrote down where the payment went");
            }

            yield break;
        }

        if (new[] { s.Charge, s.NodeShare, s.ProtocolFee, s.PlatformFee, s.Refund, job.Amount }.Any(n => n < 0))
        {
            yield return new("I12", "a sum is negative");
            yield break;
        }

        if (job.State != JobStateNames.Rejected && !JobRules.AddsUp((ulong)job.Amount, (ulong)s.Charge, (ulong)s.Refund))
        {
            yield return new("I1", $"charge {s.Charge} and refund {s.Refund} are not the amount {job.Amount}");
        }

        if (!JobRules.SharesAddUp((ulong)s.Charge, (ulong)s.NodeShare, (ulong)s.ProtocolFee, (ulong)s.PlatformFee))
        {
            yield return new("I1", $"the shares {s.NodeShare}, {s.ProtocolFee} and {s.PlatformFee} are not the charge {s.Charge}");
        }
        else if (FeeSplit.Of(new HyperAmount((ulong)s.Charge)).NodeShare.BaseUnits != (ulong)s.NodeShare)
        {
            yield return new("I12", $"the node's share of {s.Charge} is {s.NodeShare}");
        }
    }

    private static IEnumerable<Finding> History(JobFacts job)
    {
        var at = JobStateNames.Initial;
        var version = 0;
        foreach (var step in job.History)
        {
            if (!JobPaths.Allows(at, step.State))
            {
                yield return new("I11", $"it went from {at} to {step.State}");
            }

            (at, version) = (step.State, step.Version);
        }

        if (at != job.State && (at, job.State) != (JobStateNames.Submitted, JobStateNames.Initial))
        {
            yield return new("I11", $"it is {job.State}, its history ends in {at}");
        }

        if (version > job.Version)
        {
            yield return new("I8", $"its history is at version {version}, its row at {job.Version}");
        }

        if (JobStateNames.IsTerminal(job.State) != job.Ended)
        {
            yield return new("I11", job.Ended ? $"it has a time of completion in {job.State}" : $"it is {job.State} without a time of completion");
        }

        if (JobStateNames.IsTerminal(job.State) && job.Timers > 0)
        {
            yield return new("I11", $"it is {job.State}, and {job.Timers} timers are armed");
        }

        if (job.History.Count(s => JobStateNames.IsTerminal(s.State)) > 1)
        {
            yield return new("I2", "it has ended more than once");
        }
    }

    /// <summary>I3, I4: the current attempt, by the lease's node, after its verdict.</summary>
    private static IEnumerable<Finding> Payment(JobFacts job)
    {
        if (job.State is not (JobStateNames.SettlementPending or JobStateNames.Paid))
        {
            yield break;
        }

        if (!job.History.Any(s => s.State == JobStateNames.Verified && s.Attempt == job.Attempt))
        {
            yield return new("I4", $"no verdict on attempt {job.Attempt} stands in its history");
        }

        if (job.Outcome == nameof(Verdict.NodeFault))
        {
            yield return new("I4", "it was paid although the node was at fault");
        }

        if (job.Leases.FirstOrDefault(l => l.Attempt == job.Attempt) is not { } lease)
        {
            yield return new("I3", $"attempt {job.Attempt} was nobody's");
            yield break;
        }

        var receipt = job.Receipts.FirstOrDefault(r => r.Attempt == job.Attempt);
        if (job.State == JobStateNames.Paid && job.Outcome is nameof(Verdict.Succeeded) or nameof(Verdict.JobFault) && receipt is null)
        {
            yield return new("I4", $"it is {job.Outcome} without a receipt of attempt {job.Attempt}");
        }

        if (receipt is not null && receipt.NodeId != lease.NodeId)
        {
            yield return new("I3", $"the receipt of attempt {job.Attempt} is node {receipt.NodeId}'s, the lease node {lease.NodeId}'s");
        }
    }

    /// <summary>I5. That the payer has really cancelled can't be told from rows: that the refund says so, and in time, can.</summary>
    private IEnumerable<Finding> Refund(JobFacts job)
    {
        if (job.Attempt > windows.MaxAttempts)
        {
            yield return new("I5", $"attempt {job.Attempt} of at most {windows.MaxAttempts}");
        }

        if (job.State != JobStateNames.Refunded)
        {
            yield break;
        }

        if (job.Sums is { Charge: not 0 })
        {
            yield return new("I5", $"it is Refunded, and {job.Sums.Charge} was charged");
        }

        var began = job.History.ToList().FindLastIndex(s => s.State == JobStateNames.Refunding);
        if (began < 1)
        {
            yield break; // the chain itself refunded a payment whose settlement was asked for: after settle_by anybody may
        }

        var (step, before) = (job.History[began], job.History[began - 1].State);
        var deadline = DateTimeOffset.FromUnixTimeSeconds(job.SettleBy);
        var holds = job.Outcome switch
        {
            nameof(RefundReason.Cancelled) => step.Cause.Split(':')[0] is nameof(CancelRequested) or nameof(EscrowLocked)
                && before is JobStateNames.EscrowPending or JobStateNames.Matching or JobStateNames.Assigned,
            nameof(RefundReason.AttemptsUsedUp) => job.Attempt >= windows.MaxAttempts
                || (job.RunLimit is { } limit && step.At + ClockError >= windows.LastLeaseAt(job.SettleBy, limit)),
            nameof(RefundReason.Expired) => step.At + ClockError >= deadline || before == JobStateNames.SettlementPending,
            _ => false,
        };
        if (!holds)
        {
            yield return new("I5", $"it was refunded as {job.Outcome ?? "nothing"} out of {before}, attempt {job.Attempt}, {(deadline - step.At).TotalSeconds:F0} s before settle_by");
        }
    }

    private static IEnumerable<Finding> Waits(JobFacts job)
    {
        if (!JobRules.IsAwaited(job.State, job.Timers > 0, job.Messages > 0))
        {
            yield return new("I7", $"{job.State} waits for nothing: no timer, no message");
        }

        var live = job.Leases.Where(l => l.Live).ToList();
        if (live.Count != (JobRules.HoldsSlot(job.State) ? 1 : 0) || live.Exists(l => l.Attempt != job.Attempt))
        {
            yield return new("I10", $"{job.State}, attempt {job.Attempt}, with {live.Count} live leases{(live.Count == 0 ? "" : $" (attempt {string.Join(", ", live.Select(l => l.Attempt))})")}");
        }
    }

    private IEnumerable<Finding> OnChain(JobFacts job, PaymentFacts chain)
    {
        if (IsForgotten(job, chain))
        {
            yield break;
        }

        var payment = chain.Payment;
        var charge = (ulong)Math.Max(0, job.Sums?.Charge ?? 0);
        if (!JobRules.EndsAlike(job.State, charge, payment) && !IsSweptLater(job, payment))
        {
            yield return new(
                job.State == JobStateNames.Rejected ? "I5" : "I2",
                $"it is {job.State}, the chain says {(payment is null ? "that there is no payment" : $"{payment.Status}, charge {payment.Charge.BaseUnits}")}");
        }

        if (payment is null)
        {
            yield break;
        }

        if (payment.JobId != job.Id || payment.Amount.BaseUnits != (ulong)Math.Max(0, job.Amount) || payment.SettleBy != job.SettleBy || payment.Payer.ToString() != job.Intent?.Client)
        {
            yield return new("I12", "the payment on chain is not the one that was signed");
        }

        var locked = payment.Status == EscrowStatus.Pending;
        if (locked ? chain.Held < payment.Amount.BaseUnits : chain.Held > 0)
        {
            yield return new("I1", $"{payment.Status}, and its escrow holds {chain.Held}");
        }

        if (payment.Attempt > job.Attempt)
        {
            yield return new("I3", $"the chain is at attempt {payment.Attempt}, the job at {job.Attempt}");
        }

        foreach (var finding in payment.Status switch
        {
            EscrowStatus.Completed => PaidOnChain(job, payment),
            EscrowStatus.Refunded => RefundedOnChain(job, payment),
            _ => [],
        })
        {
            yield return finding;
        }
    }

    /// <summary>
    /// A lock that was refused may be followed by one that lands (two were under way, or an RPC lied): the job is rejected, and the
    /// expiry sweep gives the tokens back. Until it had the time to, that is no offence.
    /// </summary>
    private bool IsSweptLater(JobFacts job, EscrowView? payment) => job.State == JobStateNames.Rejected
        && payment is { Status: EscrowStatus.Pending } && now <= windows.ExpiresAt(job.SettleBy) + SweepTime;

    private static IEnumerable<Finding> PaidOnChain(JobFacts job, EscrowView payment)
    {
        if (!JobRules.MayBePaidOnChain(job.State) && !JobStateNames.IsTerminal(job.State))
        {
            yield return new("I4", $"the chain has paid, and it is still {job.State}");
        }

        if (payment.Attempt != job.Attempt)
        {
            yield return new("I3", $"attempt {payment.Attempt} was paid, the current one is {job.Attempt}");
        }
        else if (job.Leases.FirstOrDefault(l => l.Attempt == job.Attempt) is { Authority: { } authority } && payment.AssignedNode?.ToString() != authority)
        {
            yield return new("I3", $"{payment.AssignedNode} was paid, the lease is {authority}'s");
        }

        if (job.Receipts.FirstOrDefault(r => r.Attempt == job.Attempt) is { } receipt && job.Outcome != nameof(Verdict.Cancelled)
            && payment.ExecutionHash.ToString() != receipt.Hash)
        {
            yield return new("I4", "what was paid for is not the receipt that is here");
        }
    }

    private IEnumerable<Finding> RefundedOnChain(JobFacts job, EscrowView payment)
    {
        if (payment.Charge.BaseUnits > 0)
        {
            yield return new("I5", $"refunded on chain, and {payment.Charge.BaseUnits} was charged");
        }

        var anybodyMay = now + ClockError >= windows.ExpiresAt(job.SettleBy);
        if (!anybodyMay && job.State is not (JobStateNames.Refunding or JobStateNames.Refunded or JobStateNames.Rejected))
        {
            yield return new("I5", $"the chain has refunded before settle_by, and it is {job.State}");
        }
    }
}

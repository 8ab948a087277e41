using System.Runtime.CompilerServices;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Timers;
using Hypernode.Contracts.Topology;
using Hypernode.Sagas.Delivery;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Invariants;
using Hypernode.Simulation.Faults;
using Hypernode.Simulation.World;

namespace Hypernode.Simulation.Audit;

/// <summary>
/// Holds the product to its invariants at every durable change, by what the world knows and the product does not. It changes
/// nothing and is never asked by the product.
/// </summary>
internal sealed partial class Auditor(Universe universe) : IDatabaseWatch, IChainWatch
{
    private readonly List<Violation> _violations = [];

    /// <summary>Every row that was ever durable, and how many rows its transition had.</summary>
    private readonly Dictionary<Guid, RowGroup> _rows = [];
    private readonly Dictionary<Guid, OutboxMessage> _timers = [];
    private readonly HashSet<Guid> _handled = [];
    private readonly Dictionary<(Guid Message, int Host), DateTimeOffset> _deliveredAt = [];
    private readonly Dictionary<(int Host, JobId Job), DateTimeOffset> _loadedAt = [];
    private readonly Dictionary<Guid, JobId> _messages = [];
    private readonly HashSet<Guid> _published = [];
    private readonly Dictionary<Guid, string> _poison = [];
    private readonly Dictionary<JobId, HashSet<string>> _asked = [];
    private readonly Dictionary<JobId, (SimHost Host, long Life, DateTimeOffset At)> _lastAt = [];
    private readonly HashSet<(WalletAddress, Hash256)> _nonces = [];
    private readonly Dictionary<IntentId, int> _locks = [];

    public IReadOnlyList<Violation> Violations => _violations;

    public bool HasViolation => _violations.Count > 0;

    public long Checked { get; private set; }

    public void Violate(string invariant, JobId? job, string detail)
    {
        if (_violations.Count < 10)
        {
            _violations.Add(new Violation(invariant, job, detail, universe.Loop.Elapsed.TotalSeconds));
            universe.Trace.Add("VIOLATION", job?.Value ?? default, more: $"{invariant}: {detail}");
        }
    }

    public void Accepted(JobRecord job)
    {
        var intent = job.Submission.Intent;
        universe.Trace.Add("accepted", job.Id.Value);
        Check("I6", job.Id, _nonces.Add((intent.Client, intent.Nonce)), "the wallet's nonce was used before");
    }

    public void Answered(JobSubmission submission, IntakeResult result, IntakeResult expected, int tries)
    {
        // A repeat may come before the first one has got through; then it is the first one.
        var fine = result == expected
            || (expected is IntakeResult.Accepted or IntakeResult.Repeated && result is IntakeResult.Accepted or IntakeResult.Repeated)
            || (expected == IntakeResult.NonceUsed && result == IntakeResult.Repeated && tries > 1);
        // Where the original was never stored, the other job under its nonce is the first to use it.
        fine |= (expected, result) is (IntakeResult.NonceUsed, IntakeResult.Accepted) or (IntakeResult.Accepted or IntakeResult.Repeated, IntakeResult.NonceUsed)
            && _nonces.Contains((submission.Intent.Client, submission.Intent.Nonce));
        Check("I6", submission.Intent.JobId, fine, $"the intake answered {result}, not {expected}");
    }

    public void RowAdded(OutboxMessage message)
    {
        _rows.TryAdd(message.MessageId, new RowGroup(1));
        if (message.JobId is { } job)
        {
            Remember(job, message.Type);
        }
    }

    public void TimerFired(OutboxMessage message) => _timers.Add(message.MessageId, message);

    public void Poisoned(Guid id, string queue) => _poison.Add(id, queue);

    /// <summary>I8: what is sent exists because its transition committed.</summary>
    public void Published(SimMessage message)
    {
        if (message.FromNode is not null || message.Command == universe.Poison)
        {
            return;
        }

        var origin = message.Command ?? message.Id;
        Check("I8", message.JobId, _rows.ContainsKey(origin) || _timers.ContainsKey(origin), $"{Short(message.Type)} was sent, and no transition that committed says so");
        _published.Add(message.Id);
        if (_rows.TryGetValue(message.Id, out var group))
        {
            group.Sent++;
        }
    }

    public void RowGone(OutboxMessage message, bool delivered)
    {
        var isNodes = message.Destination.StartsWith("node.", StringComparison.Ordinal);
        if (delivered || isNodes)
        {
            Check("I8", message.JobId, _published.Contains(message.MessageId), $"the row of {Short(message.Type)} went, and nobody ever got the message");
        }
    }

    /// <summary>True when this row's transition has other rows that nobody has sent yet.</summary>
    public bool IsPartial(SimHost host, Guid row) => _rows.TryGetValue(row, out var group) && group.Sent < group.Rows && host.Alive;

    /// <summary>I8 again, for what a worker asks of the chain: somebody committed the question.</summary>
    public void Asked(string what, JobId job)
    {
        var type = what switch
        {
            "lock" => nameof(LockEscrow),
            "assign" => nameof(AssignNode),
            "settle" => nameof(SettlePayment),
            _ => nameof(RefundPayment),
        };
        var isOrphan = what == "refund" && (!universe.Database.Jobs.TryGetValue(job, out var there) || there.IsTerminal);
        Check("I8", job, isOrphan || (_asked.TryGetValue(job, out var asked) && asked.Contains(type)), $"a worker was asked to {what}, and no transition that committed says so");
    }

    public void Sent(string what, IntentId intent)
    {
        if (what == "lock")
        {
            _locks[intent] = _locks.GetValueOrDefault(intent) + 1;
        }
    }

    /// <summary>
    /// When a refused lock may be followed by one that lands: an RPC lied, or two transactions were under way and the first was
    /// refused for a cause that passed. The sweep then gives the tokens back; without such an excuse nobody may be rejected.
    /// </summary>
    private bool MayLockLate(IntentId intent) => universe.Faults.Has(FaultId.F24) || _locks.GetValueOrDefault(intent) > 1;

    public DateTimeOffset? NextTimerOf(JobId? job) =>
        job is { } id && universe.Database.Outbox.Timers.TryGetValue(id, out var timers) && timers.Count > 0 ? timers.Values.Min(t => t.DueAt) : null;

    public void Handled(Guid messageId) => _handled.Add(messageId);

    public void Loaded(SimHost host, IReadOnlyList<JobId> jobs)
    {
        foreach (var job in jobs)
        {
            universe.Trace.Add("load", job.Value, host.Index);
            _loadedAt[(host.Index, job)] = universe.Loop.Now;
        }
    }

    /// <summary>Who acknowledges a message has made it durable, or it can be lost (I8).</summary>
    public void Acknowledged(SimMessage message) =>
        Check("I8", message.JobId, _handled.Contains(message.Id), $"{Short(message.Type)} was acknowledged, and no transition of it is durable");

    /// <summary>A relay may have a message in hand before the broker brings it too.</summary>
    public void Taken(SimHost host, IReadOnlyList<OutboxMessage> rows)
    {
        foreach (var row in rows)
        {
            universe.Trace.Add("leftover", row.MessageId, host.Index, Short(row.Type));
            _deliveredAt.TryAdd((row.MessageId, host.Index), universe.Loop.Now);
            _deliveredAt.TryAdd((Answers.IdOf(row.MessageId), host.Index), universe.Loop.Now);
        }
    }

    public void Delivered(SimHost host, SimMessage message)
    {
        if (message.JobId is not { } job)
        {
            return;
        }

        _deliveredAt.TryAdd((message.Id, host.Index), universe.Loop.Now); // a repeat may overtake the first one's handling
        _messages[message.Id] = job;

        if (_lastAt.TryGetValue(job, out var last) && last.Host != host && last.Life == last.Host.Life && universe.Loop.Now - last.At < TimeSpan.FromSeconds(1))
        {
            universe.Faults.Happened(FaultId.F15);
        }

        _lastAt[job] = (host, host.Life, universe.Loop.Now);
    }

    public void Commit(SimHost host, IReadOnlyList<SagaCommit> batch, IReadOnlyList<CommitResult> results)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            universe.Trace.Add("commit", batch[i].MessageId, host.Index, $"{results[i]} {batch[i].Job?.Id.Value.ToString()[..8]} {batch[i].Job?.State}");
            if (batch[i] is { Job: null, Outbox.Count: 0 } ignored && results[i] == CommitResult.Committed && _deliveredAt.TryGetValue((ignored.MessageId, host.Index), out var got)
                && _messages.TryGetValue(ignored.MessageId, out var about))
            {
                // A remembered row may be another host's past: nothing is decided away on it (F16).
                Check("I8", about, _loadedAt.TryGetValue((host.Index, about), out var loaded) && loaded >= got, "a message was ignored without a look at the stored row");
            }

            if (results[i] == CommitResult.VersionConflict)
            {
                // Decided on a row that another host had moved: out of a cache, or at the same time.
                universe.Faults.Happened(FaultId.F16);
            }

            var group = new RowGroup(batch[i].Outbox.Count);
            foreach (var row in batch[i].Outbox)
            {
                if (results[i] == CommitResult.Committed)
                {
                    _rows[row.MessageId] = group;
                    // A worker beside the saga may answer it here, before another host's answer to the same command comes by queue.
                    _deliveredAt.TryAdd((Answers.IdOf(row.MessageId), host.Index), universe.Loop.Now);
                }
            }
        }
    }

    /// <summary>A timer that is not the armed one changes nothing: its epoch tells.</summary>
    public void Committing(SagaCommit commit)
    {
        if (_timers.TryGetValue(commit.MessageId, out var fired) && commit.Job is { } row && Short(fired.Type) != nameof(JobSubmitted))
        {
            var timeout = (ITimeout)ContractCodec.Deserialize(fired.Type, fired.Body);
            var armed = universe.Database.Outbox.Timers.TryGetValue(row.Id, out var timers) && timers.Values.Any(t => t.Type == fired.Type && t.Epoch == timeout.Epoch);
            Check("I7", row.Id, armed, $"{Short(fired.Type)} of epoch {timeout.Epoch} is not armed any more, and moved the job");
        }
    }

    public void Committed(SagaCommit commit, string before)
    {
        if (commit.Job is not { } row)
        {
            return;
        }

        var job = universe.Database.Jobs[row.Id];
        Check("I11", job.Id, !JobStateNames.IsTerminal(before), $"{before} is an end, and became {row.State}");
        CheckPath(job, before, row);
        CheckEffects(job, before, row, commit);
        Check("I7", job.Id, JobRules.IsAwaited(row.State, HasTimer(job.Id), HasCommand(job.Id)), $"{row.State} waits for nothing: no timer, no command");
        CheckLease(job, row);
        CheckEntries(job, before, row);
        if (row.Settlement is { } s)
        {
            Check("I12", job.Id, JobRules.AddsUp(job.Submission.Intent.Amount.BaseUnits, s.Charge.BaseUnits, s.Refund.BaseUnits), "charge and refund are not the amount");
            Check("I12", job.Id, JobRules.SharesAddUp(s.Charge.BaseUnits, s.NodeShare.BaseUnits, s.ProtocolFee.BaseUnits, s.PlatformFee.BaseUnits), "the shares are not the charge");
        }
    }

    /// <summary>What some states stand on, by what the world knows.</summary>
    private void CheckEntries(JobRecord job, string before, JobRow row)
    {
        Check("I5", job.Id, row.Attempt <= universe.Windows.MaxAttempts, $"attempt {row.Attempt} of at most {universe.Windows.MaxAttempts}");
        if (row.Entered.FirstOrDefault(e => e.State == JobStateNames.Executed) is { Attempt: var attempt })
        {
            var receipt = universe.Evidence.FindReceipt(job.Id, attempt);
            var node = universe.Nodes.Find(n => n.Id == receipt?.Receipt.NodeId);
            Check("I3", job.Id, receipt is not null, $"attempt {attempt} has ended without a receipt");
            Check(
                "I3",
                job.Id,
                receipt is null || (universe.Database.FindLease(job.Id, attempt)?.NodeId == node?.Id
                    && receipt.Signature == HostEscrow.Sign(node!.Key, receipt.Receipt.SigningBytes())),
                "the receipt is not one that the lease's node has signed");
        }

        if (row.State == JobStateNames.Rejected && !MayLockLate(job.Submission.Intent.IntentId))
        {
            Check(
                "I5",
                job.Id,
                universe.Chain.Payments.GetValueOrDefault(job.Submission.Intent.IntentId)?.View.Status is not EscrowStatus.Pending,
                $"rejected in {before}, and the tokens are locked");
        }
    }

    private void CheckEffects(JobRecord job, string before, JobRow row, SagaCommit commit)
    {
        foreach (var message in commit.Outbox)
        {
            Remember(job.Id, message.Type);
            switch (Short(message.Type))
            {
                case nameof(SettlePayment):
                    CheckSettlement(job, row, (SettlePayment)ContractCodec.Deserialize(message.Type, message.Body));
                    break;
                case nameof(RefundPayment):
                    CheckRefund(job, before, row, (RefundPayment)ContractCodec.Deserialize(message.Type, message.Body));
                    break;
                case nameof(ExecuteJob):
                    var execute = (ExecuteJob)ContractCodec.Deserialize(message.Type, message.Body);
                    Check("I3", job.Id, execute.Attempt == row.Attempt && execute.NodeId == row.AssignedNode, "a node is told to run what is not the current attempt");
                    break;
            }
        }
    }

    /// <summary>I3, I4: what is settled is the current attempt, and what its node really did.</summary>
    private void CheckSettlement(JobRecord job, JobRow row, SettlePayment command)
    {
        Check("I3", job.Id, command.Attempt == row.Attempt && command.NodeId == row.AssignedNode, $"attempt {command.Attempt} is settled, the current one is {row.Attempt}");
        Check("I4", job.Id, row.State == JobStateNames.SettlementPending && job.History.Exists(h => h.State == JobStateNames.Verified && h.Attempt == command.Attempt), "it was never verified");
        Check("I12", job.Id, command.Charge.BaseUnits > 0 && command.Charge <= job.Submission.Intent.Amount, "the charge is out of range");
        var limit = job.Submission.Spec.RunLimit();
        var rate = universe.Database.FindLease(job.Id, command.Attempt)!.RatePerSecond;
        Check("I12", job.Id, command.Charge <= Metering.Charge(job.Submission.Intent.Amount, rate, limit, limit), "the charge is more than the run limit can cost");
        if (command.Verdict == Verdict.Cancelled)
        {
            Check("I4", job.Id, universe.Clients.Cancelled.Contains(job.Id), "metered as cancelled, and nobody cancelled");
            return;
        }

        var exitCode = universe.Truth.ExitCodeOf(job.Id, command.Attempt, command.ExecutionHash);
        Check("I4", job.Id, exitCode is not null, $"{command.Verdict} is to be paid for a receipt that no honest run has made");
        Check("I4", job.Id, command.Verdict == (exitCode == 0 ? Verdict.Succeeded : Verdict.JobFault), $"verdict {command.Verdict}, exit code {exitCode}");
    }

    /// <summary>I5: a full refund has its reason in the world.</summary>
    private void CheckRefund(JobRecord job, string before, JobRow row, RefundPayment command)
    {
        if (before == JobStateNames.Refunding)
        {
            return;
        }

        var now = universe.Loop.Now.AddSeconds(61); // a host's clock may be ahead by a minute (F20)
        var deadline = DateTimeOffset.FromUnixTimeSeconds(job.Submission.SettleBy);
        var holds = command.Reason switch
        {
            RefundReason.Cancelled => universe.Clients.Cancelled.Contains(job.Id) || now >= deadline,
            RefundReason.AttemptsUsedUp => row.Attempt >= universe.Windows.MaxAttempts
                || now >= universe.Windows.LastLeaseAt(job.Submission.SettleBy, job.Submission.Spec.RunLimit()),
            // An RPC that lies can hide a settlement that has landed; the refund then finds it, and the job is paid.
            _ => now >= deadline || universe.Chain.Payments.GetValueOrDefault(command.IntentId)?.View.Status is EscrowStatus.Completed,
        };
        Check("I5", job.Id, holds, $"{before} is refunded as {command.Reason}, attempt {row.Attempt}, {(deadline - universe.Loop.Now).TotalSeconds:F0} s before settle_by");
    }

    /// <summary>I10: a job holds its slot as long as its attempt, and no longer.</summary>
    private void CheckLease(JobRecord job, JobRow row)
    {
        var (live, current) = universe.Database.CountLiveLeases(job.Id, row.Attempt);
        Check("I10", job.Id, live == (JobRules.HoldsSlot(row.State) ? 1 : 0) && live == current, $"{row.State} with {live} live leases");
    }

    private void CheckPath(JobRecord job, string before, JobRow row)
    {
        var at = before;
        foreach (var entered in row.Entered)
        {
            Check("I11", job.Id, JobPaths.Allows(at, entered.State), $"from {at} to {entered.State}");
            at = entered.State;
        }

        Check("I11", job.Id, at == row.State, $"the history ends in {at}, the job in {row.State}");
    }

    private bool HasTimer(JobId job) => universe.Database.Outbox.Timers.TryGetValue(job, out var timers) && timers.Count > 0;

    private bool HasCommand(JobId job) => universe.Database.Outbox.HasRowOf(job);

    private void Remember(JobId job, string type)
    {
        if (!_asked.TryGetValue(job, out var asked))
        {
            _asked.Add(job, asked = []);
        }

        asked.Add(Short(type));
    }

    private void Check(string invariant, JobId? job, bool holds, string detail)
    {
        Checked++;
        if (!holds)
        {
            Violate(invariant, job, detail);
        }
    }

    private void Check(string invariant, JobId? job, bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref Detail detail)
    {
        Checked++;
        if (!holds)
        {
            Violate(invariant, job, detail.ToStringAndClear());
        }
    }

    private static string Short(string type) => type[(type.LastIndexOf('.') + 1)..];

    private sealed class RowGroup(int rows)
    {
        public int Rows => rows;

        public int Sent { get; set; }
    }
}

using System.Text.Json;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Timers;
using Hypernode.Contracts.Topology;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Tests.Rig;

namespace Hypernode.Sagas.Tests.Properties;

/// <summary>
/// One job under any sequence of events, with what the storage would hold beside it: timers, rows, the lease. After each
/// event it checks what must hold whatever came before.
/// </summary>
internal sealed class MachineModel
{
    private static readonly WorkflowWindows Windows = new() { MaxAttempts = 3 };
    private static readonly MachineDriver Machine = new(new JobStateMachine(Windows));
    private readonly JobSubmission _submission = Given.Submission(DateTimeOffset.UnixEpoch);
    private readonly NodeRegistration[] _nodes = [Given.Node(), Given.Node(), Given.Node(), Given.Node()];
    private readonly Dictionary<TimerKind, int> _timers = [];
    private readonly Dictionary<Guid, object> _rows = [];
    private readonly List<string> _told = [];
    private LoadedJob _loaded;
    private LeaseChange? _lease;
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;
    private bool _locked;

    public MachineModel() => _loaded = Load(JobStateNames.Initial, 0, "{}");

    private JobId Job => _submission.Intent.JobId;

    private JobState Saga => _loaded.Job;

    public static void Run(int[] codes)
    {
        var model = new MachineModel();
        foreach (var code in codes)
        {
            var message = model.Next(code);
            model._told.Add($"{model.Saga.CurrentState}: {message}");
            try
            {
                model.Take(message);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{e.Message}\nafter:\n{string.Join('\n', model._told)}", e);
            }
        }
    }

    /// <summary>Two in three are what the job waits for, so that runs go deep; the others are anything, of any attempt or epoch.</summary>
    private IJobMessage Next(int code)
    {
        _now += TimeSpan.FromSeconds(code % 7 == 0 ? code % 600 : 1);
        var (kind, which) = (code % 3, code / 3);
        return kind == 0 ? Any(which) : Awaited(which);
    }

    private IJobMessage Awaited(int n) => Saga.CurrentState switch
    {
        JobStateNames.Initial => _submission.Submitted(),
        JobStateNames.Submitted => new IntentVerified(Job),
        JobStateNames.EscrowPending => n % 4 == 0 ? new EscrowLockUnknown(Job, Pending(n), "") : new EscrowLocked(Job, "lock", default),
        JobStateNames.Matching => n % 5 == 0 ? new NodeMatchFailed(Job, Saga.Attempt, "none") : Given.MatchOf(Job, Saga.Attempt, _nodes[Saga.Attempt % 4]),
        JobStateNames.Assigned => (n % 4) switch
        {
            0 => new NodeAssigned(Job, Saga.Attempt, "assign"),
            1 => new JobStarted(Job, Saga.Attempt, Saga.Lease!.NodeId),
            2 => new JobExecuted(Job, Saga.Attempt, Saga.Lease!.NodeId, Hash256.Zero, 0),
            _ => new JobDeclined(Job, Saga.Attempt, Saga.Lease!.NodeId, "busy", ""),
        },
        JobStateNames.Executing => n % 3 == 0 ? new NodeSilent(Job, Saga.Attempt, Saga.Lease!.NodeId)
            : Saga.Cancelling ? Given.VerdictOf(Job, Saga.Attempt, Verdict.Cancelled) : new JobExecuted(Job, Saga.Attempt, Saga.Lease!.NodeId, Hash256.Zero, 0),
        JobStateNames.Executed => Given.VerdictOf(Job, Saga.Attempt, (Verdict)(n % 4)),
        JobStateNames.SettlementPending => n % 3 == 0
            ? new PaymentSettlementFailed(Job, "refused", "", CanRetry: n % 2 == 0)
            : n % 3 == 1 ? new PaymentSettlementUnknown(Job, Pending(n), "") : Settled(),
        JobStateNames.Refunding => n % 3 == 0 ? new PaymentRefundFailed(Job, Pending(n), "x", "") : new PaymentRefunded(Job, "refund", Given.Amount),
        _ => Any(n),
    };

    private IJobMessage Any(int n)
    {
        var attempt = Math.Max(0, Saga.Attempt + ((n / 30 % 3) - 1));
        var node = _nodes[n / 90 % 4].NodeId;
        TimerKind[] kinds = [TimerKind.Step, TimerKind.Match, TimerKind.Lease, TimerKind.Expiry];
        int Epoch(int kind) => n / 30 % 2 == 0 ? Saga.Armed.GetValueOrDefault(kinds[kind]) : n / 60 % (Saga.Epoch + 2);
        return (n % 26) switch
        {
            0 => _submission.Submitted(),
            1 => new IntentVerified(Job),
            2 => new IntentVerificationFailed(Job, "bad", ""),
            3 => new EscrowLocked(Job, "lock", default),
            4 => new EscrowLockFailed(Job, "bad", ""),
            5 => new EscrowLockUnknown(Job, Pending(n), ""),
            6 => Given.MatchOf(Job, attempt, _nodes[n / 90 % 4]),
            7 => new NodeMatchFailed(Job, attempt, "none"),
            8 => new SlotTaken(Job, attempt, node),
            9 => new NodeAssigned(Job, attempt, "assign"),
            10 => new NodeAssignmentFailed(Job, attempt, "bad", ""),
            11 => new JobStarted(Job, attempt, node),
            12 => new JobDeclined(Job, attempt, node, "busy", ""),
            13 => new JobExecuted(Job, attempt, node, Hash256.Zero, 0),
            14 => new NodeSilent(Job, attempt, node),
            15 => Given.VerdictOf(Job, attempt, (Verdict)(n / 90 % 4)),
            16 => Settled(),
            17 => new PaymentSettlementUnknown(Job, Pending(n), ""),
            18 => new PaymentSettlementFailed(Job, "bad", "", CanRetry: n / 30 % 2 == 0),
            19 => new PaymentRefunded(Job, "refund", Given.Amount),
            20 => new PaymentRefundFailed(Job, Pending(n), "bad", ""),
            21 => new CancelRequested(Job),
            22 => new StepOverdue(Job, Epoch(0)),
            23 => new MatchDue(Job, Epoch(1)),
            24 => new LeaseExpired(Job, Epoch(2)),
            _ => Expired(Epoch(3), n / 30 % 3 > 0),
        };
    }

    /// <param name="early">A pump's clock is ahead.</param>
    private JobExpired Expired(int epoch, bool early)
    {
        if (!early)
        {
            _now = _now > Windows.ExpiresAt(_submission.SettleBy) ? _now : Windows.ExpiresAt(_submission.SettleBy);
        }

        return new JobExpired(Job, epoch);
    }

    private void Take(IJobMessage message)
    {
        var before = (State: Saga.CurrentState, Saga.Attempt, Armed: Saga.Armed.ToDictionary());
        var transition = new Transition(_loaded, Machine);
        Saga.Now = _now;
        if (before.State == JobStateNames.Initial && message is not (JobSubmitted or CancelRequested))
        {
            Should.Throw<InvalidOperationException>(() => transition.RaiseAsync(message)).Message.ShouldContain("nothing for a job in Initial");
            return; // it goes back to its queue, and is parked when the submission does not come
        }

        transition.RaiseAsync(message).GetAwaiter().GetResult();
        var commit = transition.ToCommit(Guid.NewGuid(), null, m => new OutboxMessage(
            Guid.NewGuid(), Queues.Of(m), m.GetType().FullName!, ContractCodec.Serialize(m), Job));
        Apply(commit, transition);
        Holds(message, commit, transition);

        if (JobStateNames.IsTerminal(before.State))
        {
            transition.Changed.ShouldBeFalse("I11: an end absorbs everything");
        }

        if (message is IAttemptMessage attempt && attempt.Attempt != before.Attempt)
        {
            transition.Changed.ShouldBeFalse("I3: only the current attempt counts");
        }

        if (message is ITimeout timeout && !before.Armed.ContainsValue(timeout.Epoch))
        {
            transition.Changed.ShouldBeFalse("a timer of an old epoch is dropped");
        }

        _loaded = Load(Saga.CurrentState, Saga.Version + (transition.Changed ? 1 : 0), transition.Body);
        Body().ShouldBe(transition.Body, "a row that is read again is the same");
    }

    /// <summary>As the storage does.</summary>
    private void Apply(SagaCommit commit, Transition transition)
    {
        foreach (var gone in commit.Consumed)
        {
            _rows.Remove(gone);
        }

        foreach (var sent in transition.Outgoing)
        {
            _rows.Add(sent.Row.MessageId, sent.Message);
        }

        foreach (var timer in commit.Timers)
        {
            if (timer.DueAt is null)
            {
                _timers.Remove(timer.Kind);
            }
            else
            {
                _timers[timer.Kind] = timer.Epoch;
            }
        }

        if (commit.Lease is { Take: true } taken)
        {
            _lease.ShouldBeNull("I10: one lease at a time");
            _lease = taken;
        }
        else if (commit.Lease is { Take: false })
        {
            _lease = null;
        }
    }

    private void Holds(IJobMessage message, SagaCommit commit, Transition transition)
    {
        var (state, sent) = (Saga.CurrentState, transition.Outgoing.Select(o => o.Message).ToList());
        var open = _rows.Values.Where(m => m is not NodeCommand).ToList();
        _locked |= message is EscrowLocked && transition.Changed;

        _timers.ShouldBe(Saga.Armed, ignoreOrder: true, "the timers' rows are those that the job knows of");
        open.Count.ShouldBeLessThanOrEqualTo(1, "one question at a time");
        if (JobStateNames.IsTerminal(state))
        {
            _timers.ShouldBeEmpty("I11: an end has no timer");
            open.ShouldBeEmpty("I11: an end waits for no answer");
            sent.ShouldAllBe(m => m is StopJob);
        }
        else if (state != JobStateNames.Initial)
        {
            _timers.ShouldNotBeEmpty("I7: something moves it");
        }

        (state is JobStateNames.Assigned or JobStateNames.Executing or JobStateNames.Executed).ShouldBe(_lease is not null, $"I10: the slot is held while it is needed, in {state}");
        if (_lease is not null)
        {
            _lease.Attempt.ShouldBe(Saga.Attempt);
            Saga.Lease!.NodeId.ShouldBe(_lease.NodeId);
        }

        if (sent.OfType<SettlePayment>().SingleOrDefault() is { } settle)
        {
            state.ShouldBe(JobStateNames.SettlementPending);
            settle.Attempt.ShouldBe(Saga.Attempt, "I3");
            Saga.Result!.Attempt.ShouldBe(Saga.Attempt, "I4");
            settle.Verdict.ShouldNotBe(Verdict.NodeFault, "I4");
            (settle.Verdict != Verdict.Cancelled || Saga.Cancelling).ShouldBeTrue("I4: metered only when cancelled");
        }

        if (sent.OfType<RefundPayment>().Any())
        {
            state.ShouldBe(JobStateNames.Refunding, "I5: nothing is refunded on the way to a payment");
        }

        (state == JobStateNames.Rejected && _locked).ShouldBeFalse("I5: a job whose tokens are locked is not just rejected");
        if (commit.Lease is { Take: false, Attempt: var ended } && state != JobStateNames.SettlementPending && state != JobStateNames.Paid)
        {
            sent.OfType<StopJob>().ShouldContain(s => s.Attempt == ended, "a node that lost its job is told");
        }

        if (Saga.Intent is not null)
        {
            (Saga.Intent, Saga.SpecHash, Saga.SettleBy).ShouldBe((_submission.Intent, _submission.SpecHash, _submission.SettleBy), "I12");
        }

        Saga.Attempt.ShouldBeLessThanOrEqualTo(Windows.MaxAttempts);
    }

    private LoadedJob Load(string state, int version, string body) => LoadedJob.Of(new StoredSaga(Job, state, version, body));

    private string Body() => JsonSerializer.Serialize(Saga, ContractJson.Options);

    private static PendingTransaction? Pending(int n) => n % 2 == 0 ? null : new PendingTransaction("sent-" + n, (ulong)n);

    private PaymentSettled Settled() => new(Job, "paid", new(700_000), new(595_000), new(70_000), new(35_000), new(300_000));
}

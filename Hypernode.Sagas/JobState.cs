using System.Text.Json.Serialization;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Timers;
using Hypernode.Sagas.Engine;
using MassTransit;

namespace Hypernode.Sagas;

/// <summary>
/// What a job's saga knows. It is stored as JSON; the transient part below is filled by the engine before an event and
/// emptied into the same transaction after it: a transition writes its row and its effects, and nothing else.
/// </summary>
public sealed class JobState : SagaStateMachineInstance, ISagaVersion
{
    public Guid CorrelationId { get; set; }

    public string CurrentState { get; set; } = JobStateNames.Initial;

    /// <summary>The row's own column. Not in its JSON: what is remembered after a commit would differ from what was written.</summary>
    [JsonIgnore]
    public int Version { get; set; }

    // What was promised (fixed at submission; amounts never change after the lock, I12).
    [JsonIgnore]
    public PaymentIntent? Intent { get => WrittenIntent?.Value; set => WrittenIntent = WrittenOnce.Of(value); }

    [JsonInclude, JsonPropertyName("intent")]
    internal WrittenOnce<PaymentIntent>? WrittenIntent { get; private set; }

    public PayerSignature IntentSignature { get; set; } = PayerSignature.None;

    [JsonIgnore]
    public JobSpec? Spec { get => WrittenSpec?.Value; set => WrittenSpec = WrittenOnce.Of(value); }

    [JsonInclude, JsonPropertyName("spec")]
    internal WrittenOnce<JobSpec>? WrittenSpec { get; private set; }

    public Hash256 SpecHash { get; set; }

    public long SettleBy { get; set; }

    public Hash256 Salt { get; set; }

    // The money.
    public PendingTransaction? Pending { get; set; }

    public string? EscrowAddress { get; set; }

    public Settlement? Settlement { get; set; }

    public List<string> Signatures { get; set; } = [];

    // The current attempt, and who had one.
    public int Attempt { get; set; }

    public List<NodeId> Tried { get; set; } = [];

    public NodeMatched? Lease { get; set; }

    /// <summary>The outbox row of the question that is open; its successor takes it along.</summary>
    public Guid? Asked { get; set; }

    // How it ends.
    public bool Cancelling { get; set; }

    public ResultVerified? Result { get; set; }

    public RefundReason? RefundReason { get; set; }

    public string? Outcome { get; set; }

    // Timers: a late one carries an epoch that is not armed any more.
    public int Epoch { get; set; }

    public Dictionary<TimerKind, int> Armed { get; set; } = [];

    /// <summary>The time of this transition, given by the engine: the machine has no clock.</summary>
    [JsonIgnore]
    public DateTimeOffset Now { get; set; }

    [JsonIgnore]
    public List<string> Entered { get; } = [];

    /// <summary>Messages to send once the transition has committed.</summary>
    [JsonIgnore]
    public List<object> Outgoing { get; } = [];

    [JsonIgnore]
    public List<TimerChange> Timers { get; } = [];

    [JsonIgnore]
    public LeaseChange? LeaseChange { get; private set; }

    /// <summary>A code that says more than the event's name, for the history.</summary>
    [JsonIgnore]
    public string? Cause { get; set; }

    [JsonIgnore]
    public JobId JobId => new(CorrelationId);

    public void Send(object message) => Outgoing.Add(message);

    public void Arm(TimerKind kind, DateTimeOffset due)
    {
        Armed[kind] = ++Epoch;
        Timers.Add(ToTimer(kind, due, Epoch));
    }

    public void Arm(TimerKind kind, TimeSpan delay) => Arm(kind, Now + delay);

    public void Disarm(TimerKind kind)
    {
        if (Armed.Remove(kind, out var epoch))
        {
            Timers.Add(ToTimer(kind, null, epoch));
        }
    }

    public void DisarmAll()
    {
        foreach (var kind in Armed.Keys.ToList())
        {
            Disarm(kind);
        }
    }

    public bool IsArmed(TimerKind kind, int epoch) => Armed.TryGetValue(kind, out var armed) && armed == epoch;

    public void TakeSlot(NodeMatched lease)
    {
        Lease = lease;
        LeaseChange = new LeaseChange(JobId, true, lease.Attempt, lease.NodeId, lease.Slot, lease.Challenge.ToString(), lease.RatePerSecond);
    }

    public void ReleaseSlot()
    {
        if (Lease is { } lease)
        {
            LeaseChange = new LeaseChange(JobId, false, lease.Attempt, lease.NodeId, lease.Slot, lease.Challenge.ToString(), lease.RatePerSecond);
        }
    }

    public void Note(string? signature)
    {
        if (!string.IsNullOrEmpty(signature) && !Signatures.Contains(signature))
        {
            Signatures.Add(signature);
        }
    }

    /// <summary>The effects are durable, and somebody else's business now.</summary>
    public void Committed(bool changed)
    {
        Version += changed ? 1 : 0;
        Entered.Clear();
        Outgoing.Clear();
        Timers.Clear();
        LeaseChange = null;
        Cause = null;
    }

    /// <summary>The timer's row, as it is set, cleared or set again.</summary>
    internal TimerChange ToTimer(TimerKind kind, DateTimeOffset? due, int epoch)
    {
        ITimeout timeout = kind switch
        {
            TimerKind.Step => new StepOverdue(JobId, epoch),
            TimerKind.Match => new MatchDue(JobId, epoch),
            TimerKind.Lease => new LeaseExpired(JobId, epoch),
            TimerKind.Expiry => new JobExpired(JobId, epoch),
            _ => throw new InvalidOperationException($"no timeout for {kind}"),
        };
        return new TimerChange(JobId, kind, due, epoch, timeout.GetType().FullName!, ContractCodec.Serialize(timeout));
    }
}

using System.Text.Json;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Topology;

namespace Hypernode.Sagas.Engine;

/// <summary>A message to send, with its row: who sends it in process need not parse it again.</summary>
public readonly record struct Outgoing(OutboxMessage Row, object Message);

/// <summary>One message's way through a job, on its way to the commit: what was loaded, what the machine decided, why.</summary>
internal sealed class Transition(LoadedJob loaded, MachineDriver machine)
{
    private readonly List<StateEntered> _entered = [];

    public JobState Job => loaded.Job;

    /// <summary>Read from the storage for this message: only then may the message be ignored.</summary>
    public bool Fresh => loaded.Fresh;

    public List<Outgoing> Outgoing { get; } = [];

    public string Body { get; private set; } = "";

    public bool Changed { get; private set; }

    public async Task RaiseAsync(object message)
    {
        Job.Cause = null;
        await machine.RaiseAsync(Job, message).ConfigureAwait(false);
        var why = Job.Cause is null ? message.GetType().Name : $"{message.GetType().Name}: {Job.Cause}";
        _entered.AddRange(Job.Entered.Skip(_entered.Count).Select(s => new StateEntered(s, why, Job.Attempt)));
    }

    /// <summary>The commands that another part answers, each with the row of the one that it replaces.</summary>
    public SagaCommit ToCommit(Guid messageId, Guid? answered, Func<object, OutboxMessage> rowOf)
    {
        List<Guid> consumed = answered is { } row ? [row] : [];
        foreach (var message in Job.Outgoing)
        {
            var sent = new Outgoing(rowOf(message), message);
            Outgoing.Add(sent);
            if (message is not NodeCommand)
            {
                Replace(consumed, sent.Row.MessageId);
            }
        }

        if (Job.Asked is not null && JobStateNames.IsTerminal(Job.CurrentState))
        {
            Replace(consumed, null); // nobody waits for that answer any more
        }

        Body = JsonSerializer.Serialize(Job, ContractJson.Options);
        Changed = Job.Outgoing.Count > 0 || Job.Timers.Count > 0 || !loaded.Says(Body);
        return new SagaCommit(
            messageId, consumed, Job.Now, Changed ? ToRow() : null, [.. Outgoing.Select(o => o.Row)], [.. Job.Timers], Job.LeaseChange);
    }

    /// <summary>One question is open at a time: a new one takes the older one's row along, so that an outage piles up nothing.</summary>
    private void Replace(List<Guid> consumed, Guid? next)
    {
        if (Job.Asked is { } before && !consumed.Contains(before))
        {
            consumed.Add(before);
        }

        Job.Asked = next;
    }

    private JobRow ToRow() => new(
        Job.JobId,
        Job.CurrentState,
        Job.Version,
        Body,
        [.. _entered],
        Job.Attempt,
        Job.Lease?.NodeId ?? (Job.Tried.Count > 0 ? Job.Tried[^1] : null),
        Job.Outcome,
        Job.EscrowAddress,
        Job.Result?.ExecutionHash.ToString(),
        Job.Result?.LogsHash.ToString(),
        JobStateNames.IsTerminal(Job.CurrentState) && Job.Signatures.Count > 0 ? Job.Signatures[^1] : null,
        Job.Settlement,
        Job.Signatures,
        Job.Intent?.Client,
        Job.Lease?.Authority);
}

using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Topology;
using Hypernode.Sagas.Delivery;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Engine;

/// <summary>
/// One message's way: load the job, let the machine decide, take the pure steps at once, commit with everybody else's, send
/// what was committed. From a queue, from a worker beside us or from a timer: it is the same way.
/// </summary>
public sealed partial class JobEngine(
    JobStore jobs,
    CommitLoop commits,
    MachineDriver machine,
    WorkerTable workers,
    OutboxDispatcher dispatcher,
    IEnumerable<ILeaseObserver> leases,
    EngineIdentity me,
    IEngineScheduler scheduler,
    IIdSource ids,
    TimeProvider time,
    IOptions<EngineOptions> options,
    ILogger<JobEngine> logger)
{
    private const int MaxTries = 8;

    private readonly ILeaseObserver[] _leases = [.. leases];
    private readonly JobLanes _lanes = new(scheduler);

    /// <summary>Returns when the message's transition is durable, or is known to change nothing.</summary>
    /// <param name="messageId">The inbox key.</param>
    /// <param name="answered">The outbox row of the command that this message answers: it goes with the commit.</param>
    /// <exception cref="UnknownJobException">No such job: the message must be parked, not lost.</exception>
    /// <exception cref="System.Data.Common.DbException">Nothing is known: handle the message again, the inbox tells.</exception>
    public async Task HandleAsync(Guid messageId, Guid? answered, IJobMessage message, CancellationToken cancellationToken)
    {
        IReadOnlyList<Outgoing> committed;
        await _lanes.EnterAsync(message.JobId).ConfigureAwait(false);
        try
        {
            committed = await DecideAsync(messageId, answered, message, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _lanes.Leave(message.JobId);
        }

        // After the commit nothing of this can fail the message: the rows are there, and the relay knows them.
        dispatcher.Send(committed);
    }

    private async Task<IReadOnlyList<Outgoing>> DecideAsync(Guid messageId, Guid? answered, IJobMessage message, CancellationToken cancellationToken)
    {
        var fresh = false;
        for (var tries = 1; tries <= MaxTries; tries++)
        {
            var loaded = await jobs.TakeAsync(message.JobId, fresh).ConfigureAwait(false) ?? throw new UnknownJobException(message);
            var transition = new Transition(loaded, machine);
            var job = transition.Job;
            job.Now = time.GetUtcNow();
            await transition.RaiseAsync(message).ConfigureAwait(false);
            await TakePureStepsAsync(transition, cancellationToken).ConfigureAwait(false);
            var commit = transition.ToCommit(messageId, answered, m => ToRow(m, job.JobId, job.Now));
            if (!transition.Changed && !transition.Fresh)
            {
                fresh = true; // remembered rows decide nothing away
                continue;
            }

            switch (await commits.AddAsync(commit).ConfigureAwait(false))
            {
                case CommitResult.Committed:
                    if (commit.Lease is { } lease)
                    {
                        Array.ForEach(_leases, o => o.Changed(lease));
                    }

                    job.Committed(transition.Changed);
                    jobs.Put(job, transition.Body);
                    return transition.Outgoing;
                case CommitResult.Duplicate:
                    return []; // whoever committed it sends what it caused
                case CommitResult.SlotTaken when message is NodeMatched matched:
                    return await RefuseSlotAsync(messageId, answered, matched).ConfigureAwait(false);
                default:
                    // Somebody else moved this job, or took the slot that we had just found: decide again on what is there now.
                    EngineMetrics.Conflict();
                    fresh = true;
                    break;
            }
        }

        throw new InvalidOperationException($"{message.JobId} moved {MaxTries} times under one {message.GetType().Name}");
    }

    /// <summary>
    /// A command whose worker needs nobody else is answered inside the transition: no row, no message, no commit of its own.
    /// When the worker can't answer now, the command becomes an ordinary one.
    /// </summary>
    private async Task TakePureStepsAsync(Transition transition, CancellationToken cancellationToken)
    {
        var job = transition.Job;
        while (job.Outgoing.FindIndex(m => workers.IsFused(m.GetType())) is var at and >= 0)
        {
            // A transition changes one lease: what gave a slot back takes the next one in its own.
            if (job.LeaseChange is not null)
            {
                return;
            }

            var command = job.Outgoing[at];
            object answer;
            try
            {
                answer = await workers.HandleAsync(command, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                NotAnswered(logger, e, command.GetType().Name, job.JobId);
                return;
            }

            job.Outgoing.RemoveAt(at);
            await transition.RaiseAsync(answer).ConfigureAwait(false);
        }
    }

    private OutboxMessage ToRow(object message, JobId job, DateTimeOffset now)
    {
        var destination = Queues.Of(message);
        var patience = dispatcher.IsQueued(message) ? options.Value.QueuePatienceSeconds : options.Value.TakeSeconds;
        return new OutboxMessage(
            ids.NewId(), destination, message.GetType().FullName!, ContractCodec.Serialize(message), job, me.Name, now + TimeSpan.FromSeconds(patience));
    }

    /// <summary>I10: the slot went to another job. The transition is dropped, and the saga hears why.</summary>
    private async Task<IReadOnlyList<Outgoing>> RefuseSlotAsync(Guid messageId, Guid? answered, NodeMatched matched)
    {
        var now = time.GetUtcNow();
        var news = new SlotTaken(matched.JobId, matched.Attempt, matched.NodeId);
        var row = ToRow(news, matched.JobId, now);
        var commit = new SagaCommit(messageId, answered is { } consumed ? [consumed] : [], now, null, [row], [], null);
        return await commits.AddAsync(commit).ConfigureAwait(false) == CommitResult.Committed ? [new(row, news)] : [];
    }

    [LoggerMessage(2003, LogLevel.Debug, "{Command} of {JobId} could not be answered in its transition; it goes on as a command of its own")]
    private static partial void NotAnswered(ILogger logger, Exception e, string command, JobId jobId);
}

/// <summary>This host, in the rows that it is at. New at each start: what a dead process was at is nobody's.</summary>
public sealed record EngineIdentity(string Name);

/// <summary>A message about a job that the storage does not have (yet: a restored backup, a stranger's id).</summary>
public sealed class UnknownJobException(IJobMessage message)
    : Exception($"no job {message.JobId}: {message.GetType().Name} is parked")
{
    public JobId JobId { get; } = message.JobId;
}

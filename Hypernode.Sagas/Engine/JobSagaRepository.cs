using System.Text.Json;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Topology;
using MassTransit;
using MassTransit.Context;
using MassTransit.Saga;

namespace Hypernode.Sagas.Engine;

/// <summary>
/// The saga repository, on MassTransit's public API: loads the job, lets the machine decide, commits row, history, outbox,
/// timers, lease and inbox in one transaction, then sends what was committed.
/// </summary>
public sealed class JobSagaRepository(
    ISagaJournal journal,
    IOutboxDispatcher dispatcher,
    IIdSource ids,
    TimeProvider time) : ISagaRepositoryContextFactory<JobState>
{
    private const int MaxTries = 8;

    public void Probe(ProbeContext context) => context.Add("persistence", "hypernode");

    public async Task Send<T>(ConsumeContext<T> context, IPipe<SagaRepositoryContext<JobState, T>> next)
        where T : class
    {
        var messageId = context.MessageId ?? throw new InvalidOperationException("a message without an id can't be told from its duplicate");
        for (var attempt = 1; ; attempt++)
        {
            var work = new JobSagaContext<T>(context, journal, time);
            await next.Send(work).ConfigureAwait(false);
            var commit = ToCommit(context, messageId, work);
            switch (await journal.CommitAsync(commit, context.CancellationToken).ConfigureAwait(false))
            {
                case CommitResult.Committed:
                    await dispatcher.DispatchAsync(commit.Outbox, context.CancellationToken).ConfigureAwait(false);
                    return;
                case CommitResult.Duplicate:
                    return;
                case CommitResult.SlotTaken:
                    await RefuseSlotAsync(context, messageId, work).ConfigureAwait(false);
                    return;
                default:
                    // Somebody else moved this job: decide again on what is there now.
                    if (attempt == MaxTries)
                    {
                        throw new InvalidOperationException($"job {work.Instance?.JobId} moved {MaxTries} times under one message");
                    }

                    break;
            }
        }
    }

    public Task SendQuery<T>(ConsumeContext<T> context, ISagaQuery<JobState> query, IPipe<SagaRepositoryQueryContext<JobState, T>> next)
        where T : class => throw new NotSupportedException("jobs are correlated by id only");

    private SagaCommit ToCommit<T>(ConsumeContext<T> context, Guid messageId, JobSagaContext<T> work)
        where T : class
    {
        var cause = CauseOf(context);
        if (work.Changed() is not { } body)
        {
            return new SagaCommit(messageId, cause, time.GetUtcNow(), null, [], [], null);
        }

        var job = work.Instance!;
        var row = new JobRow(
            job.JobId,
            job.CurrentState,
            work.LoadedVersion,
            body,
            [.. job.Entered],
            job.Cause is null ? typeof(T).Name : $"{typeof(T).Name}: {job.Cause}",
            job.Attempt,
            job.Lease?.NodeId ?? (job.Tried.Count > 0 ? job.Tried[^1] : null),
            job.Outcome,
            job.EscrowAddress,
            job.Result?.ExecutionHash.ToString(),
            job.Result?.LogsHash.ToString(),
            JobStateNames.IsTerminal(job.CurrentState) && job.Signatures.Count > 0 ? job.Signatures[^1] : null,
            job.Settlement,
            job.Signatures);
        return new SagaCommit(
            messageId, cause, job.Now, row, [.. job.Outgoing.Select(m => ToRow(m, job.JobId))], job.Timers, job.LeaseChange);
    }

    private static Guid? CauseOf(MessageContext context) =>
        context.Headers.TryGetHeader(CauseHeader.Name, out var header) && Guid.TryParse(header?.ToString(), out var id) ? id : null;

    private OutboxMessage ToRow(object message, JobId job) =>
        new(ids.NewId(), Queues.Of(message), message.GetType().FullName!, ContractCodec.Serialize(message), job);

    /// <summary>I10: the slot went to another job. The transition is dropped, and the saga hears why.</summary>
    private async Task RefuseSlotAsync<T>(ConsumeContext<T> context, Guid messageId, JobSagaContext<T> work)
        where T : class
    {
        var job = work.Instance!;
        OutboxMessage[] news = [ToRow(new SlotTaken(job.JobId, job.Attempt, job.Lease!.NodeId), job.JobId)];
        var commit = new SagaCommit(messageId, CauseOf(context), time.GetUtcNow(), null, news, [], null);
        if (await journal.CommitAsync(commit, context.CancellationToken).ConfigureAwait(false) == CommitResult.Committed)
        {
            await dispatcher.DispatchAsync(news, context.CancellationToken).ConfigureAwait(false);
        }
    }
}

/// <summary>One message's view of the repository: at most one job, loaded once, its changes kept for the commit.</summary>
internal sealed class JobSagaContext<T>(ConsumeContext<T> consume, ISagaJournal journal, TimeProvider time)
    : ConsumeContextScope<T>(consume), SagaRepositoryContext<JobState, T>
    where T : class
{
    private string? _before;

    public JobState? Instance { get; private set; }

    public int LoadedVersion { get; private set; }

    /// <summary>The new JSON; null when the message changed nothing.</summary>
    public string? Changed()
    {
        if (Instance is not { } job)
        {
            return null;
        }

        var body = JsonSerializer.Serialize(job, ContractJson.Options);
        return body == _before && job.Outgoing.Count == 0 && job.Timers.Count == 0 ? null : body;
    }

    public async Task<SagaConsumeContext<JobState, T>> Load(Guid correlationId)
    {
        var stored = await journal.LoadAsync(new JobId(correlationId), CancellationToken).ConfigureAwait(false);
        if (stored is null)
        {
            return null!;
        }

        var job = JsonSerializer.Deserialize<JobState>(stored.Body, ContractJson.Options)!;
        job.CorrelationId = correlationId;
        job.CurrentState = stored.State;
        job.Version = stored.Version;
        job.Now = time.GetUtcNow();
        LoadedVersion = stored.Version;
        _before = JsonSerializer.Serialize(job, ContractJson.Options);
        Instance = job;
        return Wrap(job);
    }

    public Task Update(SagaConsumeContext<JobState> context) => Task.CompletedTask;

    public Task<SagaConsumeContext<JobState, TMessage>> CreateSagaConsumeContext<TMessage>(
        ConsumeContext<TMessage> consumeContext, JobState instance, SagaConsumeContextMode mode)
        where TMessage : class =>
        Task.FromResult<SagaConsumeContext<JobState, TMessage>>(new DefaultSagaConsumeContext<JobState, TMessage>(consumeContext, instance));

    // The intake makes every row, and nothing deletes one: a job that is unknown stays unknown.
    public Task<SagaConsumeContext<JobState, T>> Add(JobState instance) => Task.FromResult(Wrap(instance));

    public Task<SagaConsumeContext<JobState, T>> Insert(JobState instance) => Task.FromResult<SagaConsumeContext<JobState, T>>(null!);

    public Task Save(SagaConsumeContext<JobState> context) => Task.CompletedTask;

    public Task Delete(SagaConsumeContext<JobState> context) => Task.CompletedTask;

    public Task Discard(SagaConsumeContext<JobState> context) => Task.CompletedTask;

    public Task Undo(SagaConsumeContext<JobState> context) => Task.CompletedTask;

    private SagaConsumeContext<JobState, T> Wrap(JobState job) => new DefaultSagaConsumeContext<JobState, T>(this, job);
}

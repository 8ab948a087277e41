using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Hypernode.Sagas.Delivery;

namespace Hypernode.Sagas.Tests.Rig;

internal enum Port
{
    Load,
    Commit,
    Relay,
    Keep,
    Timers,
    Worker,
    Queue,
    Node,

    /// <summary>A message that a queue or a request brings: before it is taken, and when only its acknowledgement is missing.</summary>
    Delivery,
}

/// <param name="Subject">What it is about: the batch, the jobs, the message.</param>
internal sealed record PortCall(Port Port, object? Subject);

/// <summary>Sees a host touch the world, and may throw: before (nothing happened) or after (it happened, and the host never learns).</summary>
internal interface IWatch
{
    void Before(PortCall call);

    void After(PortCall call);
}

/// <summary>
/// A host's ports, each call watched. They answer before they return, on any storage: so one thread runs the whole host, and
/// a run is the same every time.
/// </summary>
internal sealed class Ports(ISagaJournal journal, IOutbox outbox, IQueueSender queues, INodeCommandSender nodes, IWatch watch)
    : ISagaJournal, IOutbox, IQueueSender, INodeCommandSender
{
    public Task<IReadOnlyList<StoredSaga>> LoadAsync(IReadOnlyCollection<JobId> ids, CancellationToken cancellationToken) =>
        Call(Port.Load, ids, () => journal.LoadAsync(ids, cancellationToken));

    public Task<IReadOnlyList<CommitResult>> CommitAsync(
        IReadOnlyList<SagaCommit> batch, IReadOnlyCollection<Guid> delivered, CancellationToken cancellationToken) =>
        Call(Port.Commit, new Batch(batch, delivered), () => journal.CommitAsync(batch, delivered, cancellationToken));

    public Task AddAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken) =>
        Call(Port.Relay, messages, () => outbox.AddAsync(messages, cancellationToken));

    public Task<IReadOnlyList<OutboxMessage>> TakeLeftoversAsync(
        string owner, DateTimeOffset now, DateTimeOffset until, int limit, CancellationToken cancellationToken) =>
        Call(Port.Relay, null, () => outbox.TakeLeftoversAsync(owner, now, until, limit, cancellationToken));

    public Task KeepAsync(string owner, IReadOnlyCollection<Guid> messageIds, DateTimeOffset until, CancellationToken cancellationToken) =>
        Call(Port.Keep, messageIds, () => outbox.KeepAsync(owner, messageIds, until, cancellationToken));

    public Task RemoveAsync(IReadOnlyCollection<Guid> messageIds, CancellationToken cancellationToken) =>
        Call(Port.Relay, messageIds, () => outbox.RemoveAsync(messageIds, cancellationToken));

    public Task<IReadOnlyList<OutboxMessage>> TakeDueTimersAsync(DateTimeOffset now, DateTimeOffset againAt, int limit, CancellationToken cancellationToken) =>
        Call(Port.Timers, null, () => outbox.TakeDueTimersAsync(now, againAt, limit, cancellationToken));

    public Task DeferTimersAsync(TimerKind kind, DateTimeOffset until, CancellationToken cancellationToken) =>
        Call(Port.Timers, kind, () => outbox.DeferTimersAsync(kind, until, cancellationToken));

    public Task<int> ForgetInboxAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken) =>
        Call(Port.Relay, before, () => outbox.ForgetInboxAsync(before, limit, cancellationToken));

    public Task SendAsync(OutboxMessage row, object message, CancellationToken cancellationToken) =>
        Call(Port.Queue, message, () => queues.SendAsync(row, message, cancellationToken));

    public Task SendAsync(NodeId node, Guid messageId, NodeCommand command, CancellationToken cancellationToken) =>
        Call(Port.Node, command, () => nodes.SendAsync(node, messageId, command, cancellationToken));

    public Task EnsureQueueAsync(NodeId node, CancellationToken cancellationToken) => nodes.EnsureQueueAsync(node, cancellationToken);

    public IHostedWorker Watched(IHostedWorker worker) => new WatchedWorker(this, worker);

    private Task<T> Call<T>(Port port, object? subject, Func<Task<T>> call)
    {
        var made = new PortCall(port, subject);
        watch.Before(made);
        try
        {
            return Task.FromResult(call().GetAwaiter().GetResult());
        }
        finally
        {
            watch.After(made); // a failure is an answer too; when this throws, the host learns neither
        }
    }

    private Task Call(Port port, object? subject, Func<Task> call) => Call(port, subject, async () =>
    {
        await call();
        return true;
    });

    private sealed class WatchedWorker(Ports ports, IHostedWorker inner) : IHostedWorker
    {
        public Type Command => inner.Command;

        public Task<object> HandleAsync(object command, CancellationToken cancellationToken) =>
            ports.Call(Port.Worker, command, () => inner.HandleAsync(command, cancellationToken));
    }
}

/// <param name="Delivered">Outbox rows that have arrived, and go along.</param>
internal sealed record Batch(IReadOnlyList<SagaCommit> Items, IReadOnlyCollection<Guid> Delivered);

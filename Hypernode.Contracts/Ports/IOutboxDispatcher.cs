namespace Hypernode.Contracts.Ports;

/// <summary>
/// Sends what a commit has just put in the outbox. Who commits calls it after the commit; a failure is left to the relay,
/// because the rows stay until they are known to have arrived.
/// </summary>
public interface IOutboxDispatcher
{
    Task DispatchAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken);
}

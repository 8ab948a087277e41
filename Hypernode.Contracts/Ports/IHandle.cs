namespace Hypernode.Contracts.Ports;

/// <summary>
/// A worker: takes a command, asks or changes the world, answers with one event. It must be idempotent by the command's
/// domain key: a command may come twice. It throws only when it can't know the answer now (it will be asked again).
/// </summary>
public interface IHandle<in TCommand>
    where TCommand : class
{
    Task<object> HandleAsync(TCommand command, CancellationToken cancellationToken);
}

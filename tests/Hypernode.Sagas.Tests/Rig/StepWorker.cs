using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Delivery;

namespace Hypernode.Sagas.Tests.Rig;

/// <summary>A worker that answers as a function says, and notes what it was asked.</summary>
internal sealed class StepWorker<TCommand>(Func<TCommand, object> answer) : IHandle<TCommand>
    where TCommand : class
{
    public List<TCommand> Asked { get; } = [];

    public Task<object> HandleAsync(TCommand command, CancellationToken cancellationToken)
    {
        Asked.Add(command);
        return Task.FromResult(answer(command));
    }

    public IHostedWorker Hosted() => new HostedWorker<TCommand>(this);
}

/// <summary>A worker that takes its time: each command waits until the test answers it.</summary>
internal sealed class SlowWorker(Type command) : IHostedWorker
{
    public Type Command => command;

    public List<(object Command, TaskCompletionSource<object> Answer)> Taken { get; } = [];

    public Task<object> HandleAsync(object command, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<object>();
        Taken.Add((command, answer));
        return answer.Task;
    }
}

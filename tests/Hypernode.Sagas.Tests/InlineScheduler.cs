using Hypernode.Sagas.Engine;

namespace Hypernode.Sagas.Tests;

/// <summary>Everything at once, on the caller's thread.</summary>
internal sealed class InlineScheduler : IEngineScheduler
{
    public void Run(Func<Task> work) => work().GetAwaiter().GetResult();

    public TaskCompletionSource<T> NewCompletion<T>() => new();
}

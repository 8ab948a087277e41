namespace Hypernode.Sagas.Engine;

/// <summary>
/// Where the engine's work runs. The engine itself starts no thread and waits on no lock of the runtime: on the thread pool
/// it is concurrent, on a simulation's one thread it is repeatable, bit for bit.
/// </summary>
public interface IEngineScheduler
{
    /// <summary>Starts the work later, not inside this call. It handles its own failures.</summary>
    void Run(Func<Task> work);

    /// <summary>A result that somebody waits for; the waiter goes on where this scheduler wants it to.</summary>
    TaskCompletionSource<T> NewCompletion<T>();
}

/// <summary>The thread pool.</summary>
public sealed class PoolScheduler : IEngineScheduler
{
    public void Run(Func<Task> work) => ThreadPool.UnsafeQueueUserWorkItem(static w => _ = w(), work, preferLocal: false);

    public TaskCompletionSource<T> NewCompletion<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

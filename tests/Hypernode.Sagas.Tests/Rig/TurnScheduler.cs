using Hypernode.Sagas.Engine;

namespace Hypernode.Sagas.Tests.Rig;

/// <summary>The engine on one thread, a turn at a time: the same run every time. A dead host gets no more turns.</summary>
internal sealed class TurnScheduler : IEngineScheduler
{
    private readonly Queue<Func<Task>> _work = new();
    private bool _stopped;

    public void Run(Func<Task> work)
    {
        if (!_stopped)
        {
            _work.Enqueue(work);
        }
    }

    public TaskCompletionSource<T> NewCompletion<T>() => new();

    public void Pump()
    {
        while (_work.TryDequeue(out var work))
        {
            _ = work();
        }
    }

    public void Stop()
    {
        _stopped = true;
        _work.Clear();
    }
}

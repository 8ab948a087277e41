using Hypernode.Contracts.Jobs;

namespace Hypernode.Sagas.Engine;

/// <summary>One message at a time for a job on this host, in order of arrival; jobs don't wait for each other.</summary>
internal sealed class JobLanes(IEngineScheduler scheduler)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<JobId, Queue<TaskCompletionSource<bool>>> _lanes = [];

    public Task EnterAsync(JobId id)
    {
        lock (_lock)
        {
            if (_lanes.TryGetValue(id, out var waiting))
            {
                var turn = scheduler.NewCompletion<bool>();
                waiting.Enqueue(turn);
                return turn.Task;
            }

            _lanes[id] = [];
            return Task.CompletedTask;
        }
    }

    public void Leave(JobId id)
    {
        TaskCompletionSource<bool>? next;
        lock (_lock)
        {
            if (!_lanes[id].TryDequeue(out next))
            {
                _lanes.Remove(id);
            }
        }

        next?.SetResult(true);
    }
}

using Hypernode.Contracts.Jobs;

namespace Hypernode.Workers.Nodes;

/// <summary>Work side by side, but in order for each job. Used by one at a time.</summary>
public sealed class JobOrder
{
    private const int Many = 1_024;

    private readonly Dictionary<JobId, Task> _latest = [];

    /// <summary>Begins when everything that was started before for any of these jobs has ended; fails when that failed.</summary>
    public Task Start(IReadOnlyCollection<JobId> jobs, Func<Task> work)
    {
        if (_latest.Count >= Many)
        {
            foreach (var ended in _latest.Where(l => l.Value.IsCompleted).Select(l => l.Key).ToList())
            {
                _latest.Remove(ended);
            }
        }

        var running = RunAsync([.. jobs.Select(_latest.GetValueOrDefault).OfType<Task>().Distinct()], work);
        foreach (var job in jobs)
        {
            _latest[job] = running;
        }

        return running;
    }

    private static async Task RunAsync(Task[] before, Func<Task> work)
    {
        foreach (var earlier in before)
        {
            await earlier;
        }

        await work();
    }
}

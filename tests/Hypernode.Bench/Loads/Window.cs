using System.Diagnostics;

namespace Hypernode.Bench.Loads;

/// <summary>Keeps a number of jobs open: the next one begins when one has ended. Every row of the benchmark is loaded like this.</summary>
internal sealed class Window
{
    private readonly SemaphoreSlim _free;
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _jobs;
    private long _ended;

    private Window(long jobs, int outstanding)
    {
        _jobs = jobs;
        _free = new SemaphoreSlim(outstanding);
    }

    /// <param name="begin">Begins the job of that number and returns; its end is told to the window.</param>
    /// <returns>Seconds from the first beginning to the last end.</returns>
    public static async Task<RunAnswer> RunAsync(long jobs, int outstanding, Func<Window, int, Task> begin)
    {
        var window = new Window(jobs, outstanding);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < jobs; i++)
        {
            await window._free.WaitAsync();
            _ = window.BeginAsync(begin, i);
        }

        await window._all.Task;
        return new RunAnswer(jobs, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    public void Ended()
    {
        _free.Release();
        if (Interlocked.Increment(ref _ended) == _jobs)
        {
            _all.TrySetResult();
        }
    }

    public void Failed(Exception e) => _all.TrySetException(e);

    private async Task BeginAsync(Func<Window, int, Task> begin, int job)
    {
        try
        {
            await begin(this, job);
        }
        catch (Exception e)
        {
            Failed(e);
        }
    }
}

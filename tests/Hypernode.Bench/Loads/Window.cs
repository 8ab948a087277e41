using System.Diagnostics;

namespace Hypernode.Bench.Loads;

/// <summary>
/// Keeps a number of jobs open: the next one begins when one has ended. When the time is up, what is open is run to its end, and
/// no more begins. Every row of the benchmark is loaded like this.
/// </summary>
internal sealed class Window
{
    private readonly SemaphoreSlim _free;
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _open = 1; // the window's own hold, until nothing more begins

    private Window(int outstanding) => _free = new SemaphoreSlim(outstanding);

    /// <param name="begin">Begins the job of that number and returns; its end is told to the window.</param>
    /// <returns>Seconds from the first beginning to the last end.</returns>
    public static async Task<RunAnswer> RunAsync(Load load, Func<Window, int, Task> begin)
    {
        var window = new Window(load.Outstanding);
        var started = Stopwatch.GetTimestamp();
        var begun = 0;
        while (begun < load.Jobs && Stopwatch.GetElapsedTime(started).TotalSeconds < load.Seconds)
        {
            await window._free.WaitAsync();
            Interlocked.Increment(ref window._open);
            _ = window.BeginAsync(begin, begun++);
        }

        window.Close();
        await window._all.Task;
        return new RunAnswer(begun, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    public void Ended()
    {
        _free.Release();
        Close();
    }

    public void Failed(Exception e) => _all.TrySetException(e);

    private void Close()
    {
        if (Interlocked.Decrement(ref _open) == 0)
        {
            _all.TrySetResult();
        }
    }

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

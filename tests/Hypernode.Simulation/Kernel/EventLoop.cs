namespace Hypernode.Simulation.Kernel;

/// <summary>Virtual time and what happens in it. One thread; what is due at the same moment happens in the order in which it was planned.</summary>
internal sealed class EventLoop
{
    /// <summary>Every universe begins here.</summary>
    public static readonly DateTimeOffset Start = new(2031, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Action, (long At, long Order)> _queue = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _order;

    public DateTimeOffset Now { get; private set; } = Start;

    public long Steps { get; private set; }

    /// <summary>Where somebody was when they were not on this thread: whoever catches the exception can't hide it.</summary>
    public string? LeftThread { get; private set; }

    public TimeSpan Elapsed => Now - Start;

    public void After(TimeSpan delay, Action action) => At(Now + (delay > TimeSpan.Zero ? delay : TimeSpan.Zero), action);

    public void At(DateTimeOffset due, Action action)
    {
        AssertThread();
        _queue.Enqueue(action, (Math.Max(due.UtcTicks, Now.UtcTicks), _order++));
    }

    /// <summary>False: nothing is left to do.</summary>
    public bool RunOne()
    {
        if (!_queue.TryDequeue(out var action, out var key))
        {
            return false;
        }

        Now = new DateTimeOffset(key.At, TimeSpan.Zero);
        Steps++;
        action();
        return true;
    }

    /// <summary>Something that ran elsewhere would make a run unrepeatable: whatever the product does, it does here.</summary>
    public void AssertThread()
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            LeftThread ??= Environment.StackTrace;
            throw new InvalidOperationException("the product left the simulation's thread: a continuation went to the thread pool");
        }
    }
}

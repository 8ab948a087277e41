namespace Hypernode.Sagas.Tests.Rig;

/// <summary>The time of a test: it stands until it is told to pass.</summary>
internal sealed class VirtualTime
{
    public DateTimeOffset Now { get; private set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public void Pass(TimeSpan time) => Now += time;
}

/// <summary>One host's sight of that time, and its own timers: they end with the host.</summary>
internal sealed class HostTime(VirtualTime time) : TimeProvider
{
    private readonly List<HostTimer> _timers = [];
    private bool _stopped;

    public override DateTimeOffset GetUtcNow() => time.Now;

    public override long GetTimestamp() => time.Now.UtcTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new HostTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Fires what is due.</summary>
    public void Fire()
    {
        while (!_stopped && _timers.Find(t => t.Due <= time.Now) is { } timer)
        {
            _timers.Remove(timer);
            timer.Fire();
        }
    }

    public void Stop()
    {
        _stopped = true;
        _timers.Clear();
    }

    private sealed class HostTimer(HostTime host, Action fire) : ITimer
    {
        public DateTimeOffset Due { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            host._timers.Remove(this);
            if (dueTime != Timeout.InfiniteTimeSpan && !host._stopped)
            {
                Due = host.GetUtcNow() + dueTime;
                host._timers.Add(this);
            }

            return true;
        }

        public void Dispose() => host._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

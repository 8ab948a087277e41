namespace Hypernode.NodeAgent.Tests.Fakes;

/// <summary>A clock that stands still until a test moves it.</summary>
internal sealed class FakeTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private DateTimeOffset _now = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public long NowMs => GetUtcNow().ToUnixTimeMilliseconds();

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        var target = GetUtcNow() + by;
        while (true)
        {
            Timer? due;
            lock (_gate)
            {
                due = _timers.Where(t => t.Due <= target).MinBy(t => t.Due);
                _now = due?.Due is { } at && at > _now ? at : due is null ? target : _now;
                due?.Rearm();
            }

            if (due is null)
            {
                return;
            }

            due.Fire();
        }
    }

    /// <summary>Moves time in small steps, giving what it wakes the time to run, until something holds.</summary>
    /// <param name="step">100 ms where the test does not say otherwise.</param>
    public async Task AdvanceUntilAsync(Func<bool> holds, TimeSpan atMost, Func<string>? otherwise = null, TimeSpan? step = null)
    {
        var end = GetUtcNow() + atMost;
        while (true)
        {
            for (var i = 0; i < 5; i++)
            {
                if (holds())
                {
                    return;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(1), System);
            }

            if (GetUtcNow() >= end)
            {
                // Slow machine, not slow code: give what is under way a real second more.
                await Wait.UntilAsync(holds, 2, otherwise);
                return;
            }

            Advance(step ?? TimeSpan.FromMilliseconds(100));
        }
    }

    public async Task PassAsync(TimeSpan time, TimeSpan? step = null)
    {
        var end = GetUtcNow() + time;
        await AdvanceUntilAsync(() => GetUtcNow() >= end, time + TimeSpan.FromSeconds(1), step: step);
    }

    private sealed class Timer(FakeTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public DateTimeOffset? Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                _period = period;
                Due = dueTime == Timeout.InfiniteTimeSpan ? null : time._now + dueTime;
                time._timers.Remove(this);
                if (Due is not null)
                {
                    time._timers.Add(this);
                }
            }

            return true;
        }

        /// <summary>Under the clock's gate.</summary>
        public void Rearm()
        {
            Due = _period > TimeSpan.Zero ? Due + _period : null;
            if (Due is null)
            {
                time._timers.Remove(this);
            }
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

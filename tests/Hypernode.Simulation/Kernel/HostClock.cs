namespace Hypernode.Simulation.Kernel;

/// <summary>One host's clock: virtual time, and whatever it is wrong by (F20). Its timers die with the host.</summary>
internal sealed class HostClock(EventLoop loop, Func<bool> alive) : TimeProvider
{
    public TimeSpan Offset { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        loop.AssertThread();
        return loop.Now + Offset;
    }

    /// <summary>Monotonic: a jump of the wall clock does not move it.</summary>
    public override long GetTimestamp() => loop.Now.UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        loop.AssertThread();
        return new SimTimer(loop, alive, () => callback(state), dueTime, period);
    }

    private sealed class SimTimer : ITimer
    {
        private readonly EventLoop _loop;
        private readonly Func<bool> _alive;
        private readonly Action _callback;
        private long _generation;

        public SimTimer(EventLoop loop, Func<bool> alive, Action callback, TimeSpan dueTime, TimeSpan period)
        {
            (_loop, _alive, _callback) = (loop, alive, callback);
            Change(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var generation = ++_generation;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                _loop.After(dueTime, () => Fire(generation, period));
            }

            return true;
        }

        public void Dispose() => _generation++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire(long generation, TimeSpan period)
        {
            if (generation != _generation || !_alive())
            {
                return;
            }

            if (period != Timeout.InfiniteTimeSpan && period > TimeSpan.Zero)
            {
                _loop.After(period, () => Fire(generation, period));
            }

            _callback();
        }
    }
}

namespace Hypernode.Solana.Tests;

/// <summary>A clock that jumps to the next timer at once: waiting costs nothing and its length is known exactly.</summary>
internal sealed class SkippingTime : TimeProvider
{
    private readonly Lock gate = new();
    private TimeSpan now;

    public TimeSpan Elapsed => now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => now.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new SkippedTimer(this, callback, state, dueTime);

    private void Fire(TimerCallback callback, object? state, TimeSpan after)
    {
        lock (gate)
        {
            now += after;
        }

        ThreadPool.QueueUserWorkItem(_ => callback(state));
    }

    private sealed class SkippedTimer : ITimer
    {
        private readonly SkippingTime owner;
        private readonly TimerCallback callback;
        private readonly object? state;

        public SkippedTimer(SkippingTime owner, TimerCallback callback, object? state, TimeSpan dueTime)
        {
            (this.owner, this.callback, this.state) = (owner, callback, state);
            Change(dueTime, Timeout.InfiniteTimeSpan);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                owner.Fire(callback, state, dueTime);
            }

            return true;
        }

        public void Dispose()
        {
            // fires at once or never
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

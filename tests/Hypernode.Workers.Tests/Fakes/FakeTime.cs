namespace Hypernode.Workers.Tests.Fakes;

public sealed class FakeTime(DateTimeOffset now) : TimeProvider
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public FakeTime()
        : this(Noon)
    {
    }

    public DateTimeOffset Now { get; set; } = now;

    /// <summary>What the wall clock is wrong by; ages don't see it.</summary>
    public TimeSpan Wrong { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Now + Wrong;

    public override long GetTimestamp() => Now.UtcTicks;
}

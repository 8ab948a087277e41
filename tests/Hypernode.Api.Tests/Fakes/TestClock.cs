namespace Hypernode.Api.Tests.Fakes;

/// <summary>Says the time it is told; its timers are the machine's, so that what waits really waits.</summary>
public sealed class TestClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}

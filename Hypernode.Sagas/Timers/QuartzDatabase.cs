namespace Hypernode.Sagas.Timers;

/// <summary>Where hosts agree on who repeats what; without one, a host is alone and its schedule stays in memory.</summary>
/// <param name="ConnectionString">PostgreSQL's. A secret: it is never logged.</param>
public sealed record QuartzDatabase(string ConnectionString)
{
    /// <summary>Between two signs of life of a host.</summary>
    public TimeSpan CheckIn { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A host that is late by this is taken for dead, and what it was repeating goes to another. Below it, a host that was
    /// merely busy would be robbed of its work; the work bears that, but needs it no more often than necessary.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(4);

    public override string ToString() => nameof(QuartzDatabase);
}

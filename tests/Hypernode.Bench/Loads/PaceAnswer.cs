namespace Hypernode.Bench.Loads;

/// <summary>The answer to <c>pace JOBS PER_SECOND</c>; ms from the submission.</summary>
internal sealed record PaceAnswer(long Jobs, long JobsPerSecond, Percentiles Assigned, Percentiles Paid);

internal sealed record Percentiles(double P50, double P99, double Max)
{
    public static Percentiles Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return new Percentiles(At(0.50), At(0.99), sorted[^1]);

        double At(double share) => sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];
    }
}

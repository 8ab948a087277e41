using System.Diagnostics;
using Hypernode.Sagas.Tests.Rig;
using Xunit.Abstractions;

namespace Hypernode.Sagas.Tests.CrashGrid;

/// <summary>
/// T1. A host dies at every point of every transition, once and twice; the next one, on the same storage, brings the job to
/// the end that it would have had. Production engine and storages; broker, nodes and chain in memory, which outlive the host.
/// </summary>
public sealed class CrashGridTests(ITestOutputHelper output)
{
    [Fact]
    public void A_crash_at_any_point_changes_no_end_on_sqlite() => Run(new Grid(TestStorage.Sqlite, lanes: 2));

    [Fact]
    [Trait("Needs", "postgres")]
    public void A_crash_at_any_point_changes_no_end_on_postgres() => Run(new Grid(TestStorage.Postgres, lanes: 4));

    private void Run(Grid grid)
    {
        var clock = Stopwatch.StartNew();
        grid.Run();

        output.WriteLine($"crash grid: {grid.Summary}, in {clock.Elapsed.TotalSeconds:F1} s");
        foreach (var transition in grid.Transitions)
        {
            output.WriteLine(transition);
        }

        grid.Failures.ShouldBeEmpty($"{grid.Summary}:\n{string.Join('\n', grid.Failures.Order(StringComparer.Ordinal).Take(30))}\n");
        grid.Points.ShouldBeGreaterThan(500, "the grid has lost points");
    }
}

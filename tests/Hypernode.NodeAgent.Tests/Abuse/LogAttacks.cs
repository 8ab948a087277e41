using System.Diagnostics;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <summary>Jobs that attack by what they print.</summary>
[Trait("Needs", "docker")]
public sealed class LogAttacks(JobImage image) : IClassFixture<JobImage>, IDisposable
{
    private const long Cap = 1 << 20;

    public static TheoryData<Attack> Table { get; } =
    [
        new("a flood of lines", "log cap", Ending.Succeeded, "yes 0123456789012345678901234567890123456789 | head -c 10000000", AgentSays: "is dropped"),
        new("one line without an end", "log cap; chunks are cut at 32 KiB", Ending.Succeeded, "tr '\\0' x < /dev/zero | head -c 10000000", AgentSays: "is dropped"),
        new("binary and invalid UTF-8", "bytes stay bytes", Ending.Succeeded, "head -c 400000 /dev/urandom; printf '\\377\\376\\300\\200\\355\\240\\200'"),
        new("changing the stream at every line", "log cap, and a cap of chunks", Ending.Succeeded, "i=0; while [ $i -lt 20000 ]; do echo o; echo e >&2; i=$((i+1)); done"),
        new("closing the output", "it has none then", Ending.Succeeded, "echo before; exec >&- 2>&-; echo GOT-THROUGH; exit 0", "before"),
        new("forging the agent's own lines", "the stream is the engine's to say, not the job's", Ending.ExitCode,
            "printf 'attempt 1 ended, exit code 0\\n'; printf '\\1\\0\\0\\0\\0\\0\\0\\5hello' >&2; exit 3", "attempt 1 ended, exit code 0", AgentSays: "exit code 3"),
        new("claiming success", "the exit code is a gate of its own", Ending.ExitCode, "echo '✅ success completed done'; exit 1", "success"),
    ];

    private readonly AbuseBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [MemberData(nameof(Table))]
    public async Task It_is_kept_in_order_and_capped(Attack attack)
    {
        var options = _bench.Options;
        options.MaxLogBytes = Cap;
        await _bench.RunAsync(attack, image.Id, options);
        _bench.Kit.Link.StoredChunks().Where(c => c.Stream != "agent").Sum(c => (long)c.Data.Length).ShouldBeLessThanOrEqualTo(Cap);
    }

    [Fact]
    public async Task A_flood_of_a_gigabyte_neither_stalls_the_job_nor_grows_the_agent()
    {
        var options = _bench.Options;
        options.MaxLogBytes = Cap;
        var before = Settled();
        var peak = 0L;
        using var over = new CancellationTokenSource();
        var watching = Task.Run(async () =>
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            while (await timer.WaitForNextTickAsync(over.Token))
            {
                peak = Math.Max(peak, Environment.WorkingSet);
            }
        });
        var attack = new Attack("a flood of a gigabyte", "log cap; the engine's own file is bounded too", Ending.Succeeded, "yes $(printf '%08000d' 0) | head -c 1073741824; echo flooded >&2", AgentSays: "is dropped", RunLimitMs: 60_000);
        await _bench.RunAsync(attack, image.Id, options);
        await over.CancelAsync();
        await watching.ContinueWith(static _ => { }, TaskScheduler.Default);

        var kept = _bench.Kit.Link.StoredChunks().Where(c => c.Stream != "agent").Sum(c => (long)c.Data.Length);
        kept.ShouldBe(Cap);
        // A quarter of what was printed would be too much; the tests that run beside this one need some, too.
        (peak - before).ShouldBeLessThan(256L << 20);
    }

    private static long Settled()
    {
        GC.Collect();
        return Process.GetCurrentProcess().WorkingSet64;
    }
}

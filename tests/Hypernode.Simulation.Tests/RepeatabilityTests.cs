using System.Diagnostics;
using System.Text.Json;
using Hypernode.Simulation.Runs;

namespace Hypernode.Simulation.Tests;

public class RepeatabilityTests
{
    [Fact]
    public void A_seed_is_one_run_bit_for_bit()
    {
        var first = SimulationRun.RunOne(11, 30);
        var second = SimulationRun.RunOne(11, 30);

        second.Hash.ShouldBe(first.Hash);
        second.Steps.ShouldBe(first.Steps);
        SimulationRun.RunOne(12, 30).Hash.ShouldNotBe(first.Hash);
    }

    [Fact]
    public void What_a_run_finds_does_not_depend_on_how_many_universes_run_at_a_time()
    {
        var one = new SimulationRun(new SimulationPlan(3, 250, Threads: 1)).Run();
        var three = new SimulationRun(new SimulationPlan(3, 250, Threads: 3)).Run();

        three.ToJson().ShouldBe((one with { Seconds = three.Seconds }).ToJson());
    }

    /// <summary>Hash codes of texts differ from process to process: nothing may depend on them.</summary>
    [Fact]
    public async Task Another_process_has_the_same_run()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(SimulationRun).Assembly.Location, "--seed", "17", "--jobs", "60", "--json"]) { RedirectStandardOutput = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        process.ExitCode.ShouldBe(0);
        using var report = JsonDocument.Parse(output);
        var here = new SimulationRun(new SimulationPlan(17, 60)).Run();
        report.RootElement.GetProperty("traceHash").GetString().ShouldBe(here.TraceHash);
        report.RootElement.GetProperty("jobs").GetInt32().ShouldBe(60);
    }

    [Fact]
    public void A_universe_of_a_run_can_be_repeated_by_itself()
    {
        var run = SimulationRun.RunOne(SimulationRun.SeedOf(3, 2), 50);

        SimulationRun.RunOne(SimulationRun.SeedOf(run.Seed, 0), 50).Hash.ShouldBe(run.Hash);
    }
}

using System.CommandLine;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Localnet;
using Hypernode.Cli.Stack;

namespace Hypernode.Cli.Bench;

/// <summary><c>hn bench</c>: measures the engine beside what it is compared with, on a PostgreSQL and a RabbitMQ of its own.</summary>
internal static class BenchCommand
{
    /// <summary>A short run, to see that all of it works: its figures say little.</summary>
    private const int QuickRounds = 2;
    private const int QuickJobs = 400;

    public static Command Create() => new(
        "bench",
        """
        Measure the engine, with durability on, beside what it is compared with.

        Examples:
          ./hn bench engine --peers             the published table: fresh processes in each round
          ./hn bench engine --peers --warm      the same after a warm-up: the steady state
          ./hn bench engine --rows services,reference --rounds 2
          ./hn bench latency --json | jq .latencyMs
          ./hn bench history --quick            a short run, to see that it works
          ./hn bench crowd --markdown           the tables, ready to paste
          ./hn bench agent                      the agent on a private engine: starts, deaths, memory, a crowd, logs
          ./hn bench api --json | jq .submitPerSecond
          ./hn bench settle                     settlements a second, confirmed on the localnet
          ./hn bench settle --faults            ten thousand of them on a bad network, and no double pay
        """)
    {
        Measure(new("engine", "Jobs a second and CPU a job of every stack, interleaved; then messages a job and latency of the services stack.", Rounds: 5, Jobs: 2_000, Seconds: 12)),
        Measure(new("latency", "From the submission to the node's command at 10 jobs a second, on the services stack. Size: jobs.", Size: 600, QuickSize: 50)),
        Measure(new("crowd", "Many open jobs, held by beating nodes (one a ten jobs), against the empty system. Size: open jobs.", Rounds: 3, Size: 10_000, QuickSize: 300)),
        Measure(new("history", "Cost per job as the finished table grows, in turns with an empty one. Size: finished jobs.", Rounds: 5, Size: 1_000_000, QuickSize: 20_000)),
        Measure(new("settle", "Settlements a second from C# to a confirmed block of the localnet, signing included. Size: settlements in a round.", Rounds: 5, Size: 5_000, QuickSize: 200, Outstanding: 512)),
        Measure(new("agent", "The agent: lease to running container, a dead node's jobs, resident memory, 50 containers at once, log throughput. Rounds: nodes killed. Size: leases.", Rounds: 3, Size: 30, QuickSize: 3)),
        Measure(new("api", "The API host alone: submissions at 100 a second and at saturation, reads, memory; then all that was accepted is run and counted; then live sockets. Needs wrk. Size: requests to see the memory, and a two-hundredth of it sockets.", Size: 1_000_000, QuickSize: 20_000)),
        Measure(new("timers", "What armed timers cost while none is due. Size: timers.", Rounds: 5, Size: 100_000, QuickSize: 5_000)),
    };

    private static Command Measure(BenchDefaults defaults)
    {
        var json = new Option<bool>("--json") { Description = "print one JSON object at the end on stdout; all else goes to stderr" };
        var markdown = new Option<bool>("--markdown") { Description = "print the tables as Markdown on stdout; all else goes to stderr" };
        var rounds = new Option<int>("--rounds") { Description = "measured rounds", DefaultValueFactory = _ => defaults.Rounds };
        var jobs = new Option<int?>("--jobs") { Description = $"jobs in a round, at most (default: {defaults.Jobs}, warm {BenchDefaults.WarmJobs})" };
        var seconds = new Option<int>("--seconds") { Description = "no job begins later than this in a round: what a slow stack is cut at", DefaultValueFactory = _ => defaults.Seconds };
        var outstanding = new Option<int>("--outstanding") { Description = "jobs that are open at a time", DefaultValueFactory = _ => defaults.Outstanding };
        var warmUp = new Option<int>("--warm-up") { Description = "seconds that a warm stack runs under load before it is measured", DefaultValueFactory = _ => 15 };
        var size = new Option<int>("--size") { Description = "how much of it", DefaultValueFactory = _ => defaults.Size };
        var quick = new Option<bool>("--quick") { Description = $"{QuickRounds} rounds of {QuickJobs} jobs, and a small size: to see that it works" };
        var data = new Option<DirectoryInfo?>("--data") { Description = "data folder; must be empty, and nothing in it is ever deleted (default: a temporary one)" };
        var command = new Command(defaults.What, $"{defaults.About}\n\nExamples:\n  ./hn bench {defaults.What} --quick\n  ./hn bench {defaults.What} --json") { json, markdown, rounds, jobs, seconds, outstanding, warmUp, quick, data };
        var withPeers = new Option<bool>("--peers") { Description = "beside Restate and DBOS too (installs them with npm ci)" };
        var warm = new Option<bool>("--warm") { Description = "the steady state: processes that have run for a while, instead of fresh ones in each round" };
        var faults = new Option<bool>("--faults") { Description = $"{BenchDefaults.FaultyJobs} settlements, with 1 % of the transactions dropped, 1 % of the answers lost, 1 % delivered twice and 1 % of the commands given twice; then every unit is counted" };
        var rows = new Option<string?>("--rows") { Description = "only these: services, apart, embedded, reference, textbook, twin, restate, dbos" };
        Option[] own = defaults.Size == 0 ? [withPeers, warm, rows] : defaults.What == "settle" ? [size, faults] : [size];
        foreach (var option in own)
        {
            command.Add(option);
        }

        command.SetAction((parsed, _) =>
        {
            var isQuick = parsed.GetValue(quick);
            var steady = defaults.Size > 0 || parsed.GetValue(warm);
            List<string> arguments =
            [
                defaults.What,
                "--rounds", $"{(isQuick ? QuickRounds : parsed.GetValue(rounds))}",
                "--jobs", $"{(isQuick ? QuickJobs : parsed.GetValue(jobs) ?? (steady ? BenchDefaults.WarmJobs : defaults.Jobs))}",
                "--seconds", $"{parsed.GetValue(seconds)}",
                "--outstanding", $"{parsed.GetValue(outstanding)}",
                "--warm-up", $"{(isQuick ? 1 : parsed.GetValue(warmUp))}",
                "--size", $"{(isQuick ? defaults.QuickSize : defaults.Size == 0 ? 0 : parsed.GetValue(size))}",
                "--output", parsed.GetValue(json) ? "json" : parsed.GetValue(markdown) ? "markdown" : "text",
            ];
            if (steady)
            {
                arguments.Add("--warm");
            }

            if (defaults.What == "settle" && parsed.GetValue(faults))
            {
                // The last one counts.
                var many = isQuick || parsed.GetResult(size) is { Implicit: false } ? null : (int?)BenchDefaults.FaultyJobs;
                arguments.AddRange(["--faults", "true", .. many is null ? Array.Empty<string>() : ["--size", $"{many}"]]);
            }

            if (defaults.Size == 0 && parsed.GetValue(rows) is { } chosen)
            {
                arguments.AddRange(["--rows", chosen]);
            }

            return RunAsync(arguments, parsed.GetValue(data)?.FullName, defaults.Size == 0 && parsed.GetValue(withPeers));
        });
        return command;
    }

    private static Task<int> RunAsync(List<string> arguments, string? data, bool peers) => CommandRun.RunAsync(async cancellationToken =>
    {
        var repository = Repository.Find();
        await using var guard = CleanupGuard.Start(repository);
        var throwaway = data is null;
        data = DataFolder(data);
        if (throwaway)
        {
            // The logs stay, for who wants to look.
            guard.Announce($"forget {Shell.Quote(data)}");
        }

        if (arguments[0] == "settle")
        {
            return await SettleAsync(repository, [.. arguments, "--data", data], guard, cancellationToken);
        }

        if (arguments[0] == "agent")
        {
            // It starts whole stacks itself, each with services, chain and engine of its own.
            return await Foreground.RunAsync("dotnet", [repository.BenchProgram, .. arguments, "--data", data], new Dictionary<string, string>(), guard, cancellationToken);
        }

        var services = await ServicesEndpoint.StartAsync(repository, data, throwaway, api: null, guard, CommandRun.Say, cancellationToken);
        arguments.AddRange(["--data", data]);
        if (peers)
        {
            arguments.AddRange(["--peers", repository.BenchPeers]);
        }

        return await Foreground.RunAsync(
            "dotnet",
            [repository.BenchProgram, .. arguments],
            new Dictionary<string, string> { ["HYPERNODE_BENCH_SERVICES"] = services.ToJson() },
            guard,
            cancellationToken);
    }, interrupted: 130);

    private static async Task<int> SettleAsync(Repository repository, List<string> arguments, CleanupGuard guard, CancellationToken cancellationToken)
    {
        const int slotMs = 400;
        const int walletHyper = 100_000;
        await using var chain = await RunningLocalnet.StartAsync(
            repository, new LocalnetPlan(0, null, slotMs, walletHyper, Faults: arguments.Contains("--faults"), Controls: false), guard, TimeProvider.System, CommandRun.Say, cancellationToken);
        return await Foreground.RunAsync(
            "dotnet",
            [repository.BenchProgram, .. arguments],
            new Dictionary<string, string>
            {
                ["HYPERNODE_BENCH_LOCALNET"] = chain.Addresses.ToJsonString(),
                ["HYPERNODE_BENCH_LOCALNET_PID"] = $"{chain.ProcessId}",
            },
            guard,
            cancellationToken);
    }

    private static string DataFolder(string? wanted)
    {
        if (wanted is null)
        {
            return Directory.CreateTempSubdirectory("hypernode-bench-").FullName;
        }

        Directory.CreateDirectory(wanted);
        return Directory.EnumerateFileSystemEntries(wanted).Any()
            ? throw new CliException($"{wanted} is not empty: a benchmark starts afresh")
            : wanted;
    }
}

/// <summary>What one benchmark does when nothing else is said.</summary>
/// <param name="Size">How much of what it is about; 0: it has no size.</param>
internal sealed record BenchDefaults(string What, string About, int Rounds = 3, int Jobs = BenchDefaults.WarmJobs, int Seconds = 10, int Size = 0, int QuickSize = 0, int Outstanding = 64)
{
    /// <summary>As many as a warm stack can do in its seconds: time ends the round.</summary>
    public const int WarmJobs = 5_000;

    /// <summary>Settlements on a bad network.</summary>
    public const int FaultyJobs = 10_000;
}

using System.CommandLine;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Stack;

namespace Hypernode.Cli.Bench;

/// <summary><c>hn bench</c>: measures the engine beside what it is compared with, on a PostgreSQL and a RabbitMQ of its own.</summary>
internal static class BenchCommand
{
    /// <summary>A short run, to see that all of it works: its figures say little.</summary>
    private const int QuickRounds = 2;
    private const int QuickJobs = 400;

    public static Command Create() => new("bench", "Measure the engine, with durability on, beside what it is compared with.")
    {
        Measure("engine", "jobs a second and CPU a job of every stack, interleaved", peers: true),
        Measure("latency", "from the submission to the node's command at 10 jobs a second, on the services stack", peers: false),
        Measure("crowd", "10,000 open jobs and 1,000 beating nodes against the empty system", peers: false),
        Measure("history", "cost per job as the finished table grows from 0 to 1,000,000", peers: false),
        Measure("timers", "what 100,000 armed timers cost while none is due", peers: false),
    };

    private static Command Measure(string what, string about, bool peers)
    {
        var json = new Option<bool>("--json") { Description = "print one JSON object at the end on stdout; all else goes to stderr" };
        var rounds = new Option<int>("--rounds") { Description = "measured rounds", DefaultValueFactory = _ => 5 };
        var jobs = new Option<int>("--jobs") { Description = "jobs in a round, at most: a slow stack runs as many as it does in some seconds", DefaultValueFactory = _ => 3_000 };
        var outstanding = new Option<int>("--outstanding") { Description = "jobs that are open at a time", DefaultValueFactory = _ => 64 };
        var warmUp = new Option<int>("--warm-up") { Description = "seconds that each stack runs before it is measured", DefaultValueFactory = _ => 15 };
        var quick = new Option<bool>("--quick") { Description = $"{QuickRounds} rounds of {QuickJobs} jobs: to see that it works" };
        var data = new Option<DirectoryInfo?>("--data") { Description = "data folder; must be empty, and nothing in it is ever deleted (default: a temporary one)" };
        var command = new Command(what, about) { json, rounds, jobs, outstanding, warmUp, quick, data };
        var withPeers = new Option<bool>("--peers") { Description = "beside Restate and DBOS too (installs them with npm ci)" };
        var rows = new Option<string?>("--rows") { Description = "only these: services, apart, embedded, reference, textbook, twin, restate, dbos" };
        if (peers)
        {
            command.Add(withPeers);
            command.Add(rows);
        }

        command.SetAction((parsed, _) =>
        {
            var short_ = parsed.GetValue(quick);
            List<string> arguments =
            [
                what,
                "--rounds", (short_ ? QuickRounds : parsed.GetValue(rounds)).ToString(),
                "--jobs", (short_ ? QuickJobs : parsed.GetValue(jobs)).ToString(),
                "--outstanding", parsed.GetValue(outstanding).ToString(),
                "--warm-up", (short_ ? 1 : parsed.GetValue(warmUp)).ToString(),
            ];
            if (peers && parsed.GetValue(rows) is { } chosen)
            {
                arguments.AddRange(["--rows", chosen]);
            }

            if (parsed.GetValue(json))
            {
                arguments.Add("--json");
            }

            return RunAsync(arguments, parsed.GetValue(data)?.FullName, peers && parsed.GetValue(withPeers));
        });
        return command;
    }

    private static async Task<int> RunAsync(List<string> arguments, string? data, bool peers)
    {
        using var interruption = new Interruption();
        try
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

            var services = await ServicesEndpoint.StartAsync(repository, data, throwaway, guard, Say, interruption.Token);
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
                interruption.Token);
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            return 130;
        }
        catch (Exception e) when (PlainFailure.Is(e))
        {
            await Console.Error.WriteLineAsync($"hn: {PlainFailure.Describe(e)}");
            return 1;
        }
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

    private static void Say(string text) => Console.Error.WriteLine($"hn: {text}");
}

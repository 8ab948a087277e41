using System.CommandLine;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Client;
using Hypernode.Cli.Stack;

namespace Hypernode.Cli.Demo;

/// <summary><c>hn demo</c>: one scenario on a stack of its own.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "print one JSON object at the end on stdout; all else goes to stderr" };
        var scenario = new Option<string>("--scenario") { Description = "which story to tell", DefaultValueFactory = _ => "happy" };
        scenario.AcceptOnlyFromAmong([.. Scenario.All.Select(s => s.Name)]);
        var funding = new Option<Funding>("--funding") { Description = "what the wallet signs: intent (a text, after an allowance), or transaction", DefaultValueFactory = _ => Funding.Intent };
        var services = new Option<bool>("--services") { Description = "over PostgreSQL and RabbitMQ, each role and each agent a process" };
        var data = new Option<DirectoryInfo?>("--data") { Description = "data folder; must be empty, and nothing in it is ever deleted (default: a temporary one)" };
        var keep = new Option<bool>("--keep") { Description = "keep all of the temporary data folder, not only the result and the logs" };
        var runtime = new Option<JobRuntime>("--runtime") { Description = "docker, or process: UNSANDBOXED", DefaultValueFactory = _ => JobRuntime.Docker };
        var command = new Command(
            "demo",
            """
            Run one job from a signed intent to a payment, and check every sum on chain.

            Examples:
              ./hn demo
              ./hn demo --scenario node-death
              ./hn demo --json | jq .charge
            """)
        {
            json, scenario, funding, services, data, keep, runtime,
        };
        command.SetAction((parsed, _) => RunAsync(
            parsed.GetValue(json),
            Scenario.All.Single(s => s.Name == parsed.GetValue(scenario)),
            parsed.GetValue(funding),
            parsed.GetValue(services),
            parsed.GetValue(data)?.FullName,
            parsed.GetValue(keep),
            parsed.GetValue(runtime)));
        return command;
    }

    private static async Task<int> RunAsync(bool json, Scenario scenario, Funding funding, bool services, string? data, bool keep, JobRuntime runtime)
    {
        using var interruption = new Interruption();
        var time = TimeProvider.System;
        var narrator = new Narrator(Terminal.Open(json), time);
        DemoReport? report = null;
        var failures = new List<string>();
        string? dataPath = null;
        try
        {
            var repository = Repository.Find();
            dataPath = DataFolder(data);
            await using var guard = CleanupGuard.Start(repository);
            if (!keep && data is null)
            {
                // The result and the logs stay, for who wants to look.
                guard.Announce($"forget {Shell.Quote(dataPath)}");
            }

            narrator.Title($"{scenario.Name}: {scenario.About}");
            if (runtime == JobRuntime.Process)
            {
                narrator.Warn("--runtime process: jobs run UNSANDBOXED, as plain processes of this machine");
            }

            var plan = new StackPlan(dataPath, services, runtime, scenario.Windows, scenario.IntentLifetimeSeconds, scenario.Agents, SlotMs: 200, Throwaway: !keep && data is null);
            narrator.Step($"starting the {(services ? "services" : "embedded")} stack in {dataPath}");
            await using var stack = await StackStarter.StartAsync(repository, plan, guard, time, narrator.Step, interruption.Token);
            narrator.Good($"API at {stack.Ready.Url}, Solana RPC at {stack.Ready.Rpc}");
            var runner = new DemoRunner(repository, stack, scenario, dataPath, narrator, time, funding);
            using var watching = CancellationTokenSource.CreateLinkedTokenSource(interruption.Token);
            var running = runner.RunAsync(watching.Token);
            var ended = stack.SomethingEndedAsync(watching.Token);
            if (await Task.WhenAny(running, ended) == ended && !interruption.Token.IsCancellationRequested)
            {
                await watching.CancelAsync();
                throw new CliException($"it ended by itself: {await ended}");
            }

            (report, var found) = await running;
            failures.AddRange(found);
            await watching.CancelAsync();
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            narrator.Bad("interrupted");
            return 130;
        }
        catch (Exception e) when (PlainFailure.Is(e))
        {
            failures.Add(PlainFailure.Describe(e));
        }

        failures.ForEach(narrator.Bad);
        if (report is not null && failures.Count == 0)
        {
            narrator.Good($"{scenario.Name}: {report.State}, every sum holds on chain");
        }

        if (dataPath is not null)
        {
            narrator.Step(keep || data is not null ? $"everything stays in {dataPath}" : $"what stays of {dataPath}: logs/, and result/ if there is one");
        }

        if (json && report is not null)
        {
            await Console.Out.WriteLineAsync(report.ToJson());
        }

        return failures.Count == 0 ? 0 : 1;
    }

    private static string DataFolder(string? wanted)
    {
        if (wanted is null)
        {
            return Directory.CreateTempSubdirectory("hypernode-demo-").FullName;
        }

        Directory.CreateDirectory(wanted);
        return Directory.EnumerateFileSystemEntries(wanted).Any()
            ? throw new CliException($"{wanted} is not empty: a demo starts afresh (hn up goes on where it was)")
            : wanted;
    }
}

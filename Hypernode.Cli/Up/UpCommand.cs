using System.CommandLine;
using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Client;
using Hypernode.Cli.Stack;
using Hypernode.Contracts.Jobs;

namespace Hypernode.Cli.Up;

/// <summary><c>hn up</c>: the stack in the foreground, on data that stays.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var services = new Option<bool>("--services") { Description = "over PostgreSQL and RabbitMQ, each role and each agent a process" };
        var data = new Option<DirectoryInfo>("--data") { Description = "data folder, kept", DefaultValueFactory = _ => new DirectoryInfo(".hypernode") };
        var agents = new Option<int>("--agents") { Description = "how many nodes of our own", DefaultValueFactory = _ => 1 };
        var url = new Option<string>("--url") { Description = "where the API listens", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
        var runtime = new Option<JobRuntime>("--runtime") { Description = "docker, or process: UNSANDBOXED", DefaultValueFactory = _ => JobRuntime.Docker };
        var json = new Option<bool>("--json") { Description = "when ready, print every address as one JSON object on stdout" };
        var command = new Command(
            "up",
            """
            Run the stack in the foreground until Ctrl-C.

            Examples:
              ./hn up
              ./hn up --services --agents 2
              ./hn up --json | jq -r .api
            """)
        {
            services, data, agents, url, runtime, json,
        };
        command.SetAction((parsed, _) => RunAsync(new StackPlan(
            parsed.GetValue(data)!.FullName,
            parsed.GetValue(services),
            parsed.GetValue(runtime),
            new WorkflowWindows(),
            IntentLifetimeSeconds: null,
            [.. Enumerable.Range(1, parsed.GetValue(agents)).Select(i => new AgentPlan($"node-{i}"))],
            Url: parsed.GetValue(url)!), parsed.GetValue(json)));
        return command;
    }

    private static Task<int> RunAsync(StackPlan plan, bool json) => CommandRun.RunAsync(async cancellationToken =>
    {
        var repository = Repository.Find();

        // Embedded and services keep different databases of the same chain: they must not share a folder.
        plan = plan with { DataPath = Path.Combine(plan.DataPath, plan.Services ? "services" : "embedded") };
        Directory.CreateDirectory(plan.DataPath);
        await using var guard = CleanupGuard.Start(repository);
        if (plan.Runtime == JobRuntime.Process)
        {
            CommandRun.Say("--runtime process: jobs run UNSANDBOXED, as plain processes of this machine");
        }

        CommandRun.Say($"starting the {(plan.Services ? "services" : "embedded")} stack on {plan.DataPath}");
        await using var stack = await StackStarter.StartAsync(repository, plan, guard, TimeProvider.System, CommandRun.Say, cancellationToken);
        using var api = new ApiClient(stack.Ready.Url);
        await stack.EnlistAsync(api, cancellationToken);
        await WriteEnvironmentAsync(plan, stack, cancellationToken);
        var wallet = Path.Combine(plan.DataPath, "keys", "payer.json");
        await Console.Out.WriteLineAsync(json
            ? new JsonObject { ["api"] = stack.Ready.Url, ["rpc"] = stack.Ready.Rpc, ["image"] = stack.Image, ["wallet"] = wallet }.ToJsonString()
            : $"\n{string.Join('\n', stack.Addresses)}\njob image    {stack.Image}\nwallet       {wallet}\n\nCtrl-C ends it.");
        await Console.Out.FlushAsync(cancellationToken);
        var ended = await stack.SomethingEndedAsync(cancellationToken);
        await Console.Error.WriteLineAsync($"hn: it ended by itself: {ended}");
        return 1;
    });

    /// <summary>For a shell beside this one: <c>. .hypernode/embedded/env</c>. Nothing in it is secret.</summary>
    private static Task WriteEnvironmentAsync(StackPlan plan, IStack stack, CancellationToken cancellationToken) => File.WriteAllTextAsync(
        Path.Combine(plan.DataPath, "env"),
        $"export HYPERNODE_API={stack.Ready.Url}\nexport HYPERNODE_RPC={stack.Ready.Rpc}\nexport HYPERNODE_IMAGE={stack.Image}\n",
        cancellationToken);
}

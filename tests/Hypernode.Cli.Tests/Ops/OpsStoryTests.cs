using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Client;
using Hypernode.Cli.Jobs;
using Hypernode.Cli.Ops;
using Hypernode.Cli.Stack;
using Hypernode.Cli.Tests.Jobs;
using Hypernode.Cli.Wallets;
using Hypernode.Contracts.Jobs;

namespace Hypernode.Cli.Tests.Ops;

/// <summary>An operator looks at a stack that runs, with jobs behind it and its own chain: nothing there is made up for the audit.</summary>
[Trait("Needs", "localnet")]
public sealed class OpsStoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-ops-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_a_real_stack_did_holds_and_nothing_of_it_is_stuck()
    {
        var repository = Repository.Find();
        await using var guard = CleanupGuard.Start(repository);
        var plan = new StackPlan(
            Path.Combine(_folder, "stack"), Services: false, JobRuntime.Process, new WorkflowWindows { MatchRetrySeconds = 1 }, null, [new AgentPlan("node-1")], SlotMs: 100);
        Directory.CreateDirectory(plan.DataPath);
        await using var stack = await EmbeddedStack.StartAsync(repository, plan, guard, TimeProvider.System, static _ => { }, default);
        using var api = new ApiClient(stack.Ready.Url);
        await stack.EnlistAsync(api, default);
        string[] signer = ["--wallet", Path.Combine(plan.DataPath, "keys", "payer.json"), "--rpc", stack.Ready.Rpc, "--network", stack.Ready.Network];
        (await CommandLine.RunAsync(WalletCommands.Create(), ["approve", "--amount", "5", .. signer])).Code.ShouldBe(0);
        string[] submit = ["submit", "--image", stack.Image, "--amount", "1", "--api", stack.Ready.Url, .. signer, "--watch", "--json"];

        (await CommandLine.RunAsync(JobCommands.Create(), [.. submit, "--", "sh", "-c", "echo done"])).Code.ShouldBe(0);
        (await CommandLine.RunAsync(JobCommands.Create(), [.. submit, "--", "sh", "-c", "exit 3"])).Code.ShouldBe(4);

        var config = Path.Combine(plan.DataPath, "embedded.json");
        var (code, output) = await CommandLine.RunAsync(OpsCommands.Create(), "audit", "--config", config, "--json");
        code.ShouldBe(0, output);
        var report = JsonNode.Parse(output)!;
        ((bool)report["holds"]!, (bool)report["chain"]!, (long)report["jobs"]!, (long)report["forgotten"]!).ShouldBe((true, true, 2, 0));
        foreach (var line in report["invariants"]!.AsArray())
        {
            // No node of this stack has a stake on chain: that is said, and is no pass.
            ((string?)line!["verdict"]).ShouldBe((string?)line["invariant"] == "I9" ? "NothingThere" : "Holds", line.ToJsonString());
        }

        report["invariants"]!.AsArray().Count.ShouldBe(12);
        (await CommandLine.RunAsync(OpsCommands.Create(), "audit", "--config", config)).Output.ShouldContain("no violation was found");
        (await CommandLine.RunAsync(OpsCommands.Create(), "stuck", "--config", config)).ShouldBe((0, "nothing is stuck: 0 jobs are open\n"));
        (await CommandLine.RunAsync(OpsCommands.Create(), "errors", "--config", config)).Code.ShouldBe(2, "the embedded stack has no broker");
        (await CommandLine.RunAsync(OpsCommands.Create(), "stuck", "--config", await OtherAsync(config))).Code.ShouldBe(2, "there is no such database, and none is made");
    }

    private async Task<string> OtherAsync(string config)
    {
        var settings = JsonNode.Parse(await File.ReadAllTextAsync(config))!;
        settings["Hypernode"]!["Storage"]!["Path"] = Path.Combine(_folder, "none.db");
        var other = Path.Combine(_folder, "other.json");
        await File.WriteAllTextAsync(other, settings.ToJsonString());
        return other;
    }
}

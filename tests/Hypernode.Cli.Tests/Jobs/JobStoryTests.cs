using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Client;
using Hypernode.Cli.Jobs;
using Hypernode.Cli.Stack;
using Hypernode.Cli.Wallets;
using Hypernode.Contracts.Jobs;

namespace Hypernode.Cli.Tests.Jobs;

/// <summary>A newcomer's first jobs, command by command, over the embedded stack.</summary>
[Trait("Needs", "localnet")]
public sealed class JobStoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-story-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task From_no_wallet_to_a_paid_job_and_its_result()
    {
        var repository = Repository.Find();
        await using var guard = CleanupGuard.Start(repository);
        var plan = new StackPlan(
            Path.Combine(_folder, "stack"), Services: false, JobRuntime.Process, new WorkflowWindows { MatchRetrySeconds = 1 }, null, [new AgentPlan("node-1")], SlotMs: 100);
        Directory.CreateDirectory(plan.DataPath);
        await using var stack = await EmbeddedStack.StartAsync(repository, plan, guard, TimeProvider.System, static _ => { }, default);
        using var api = new ApiClient(stack.Ready.Url);
        await stack.EnlistAsync(api, default);
        var wallet = Path.Combine(_folder, "wallet.json");
        string[] signer = ["--wallet", wallet, "--json"];
        string[] asked = [.. signer, "--api", stack.Ready.Url];
        string[] chain = ["--rpc", stack.Ready.Rpc, "--network", stack.Ready.Network];

        // A wallet with money, that lets signed intents take some of it.
        (await CommandLine.RunAsync(WalletCommands.Create(), "new", wallet)).Code.ShouldBe(0);
        await WalletAsync("airdrop", [.. signer, .. chain, "--from", Path.Combine(plan.DataPath, "keys", "payer.json"), "--amount", "5"]);
        await WalletAsync("approve", [.. signer, .. chain, "--amount", "2"]);
        var rich = await WalletAsync("balance", [.. signer, .. chain]);
        ((ulong)rich["hyper"]!, (ulong)rich["allowance"]!, rich["otherDelegate"]).ShouldBe((5_000_000UL, 2_000_000UL, null));

        // A job, from the file to its end.
        var paid = await JobAsync(0, "submit", [repository.Example("word-frequency", "job.json"), "--image", stack.Image, "--amount", "1", .. asked, .. chain]);
        var id = (string)paid["jobId"]!;
        var ended = await JobAsync(0, "watch", [id, .. asked]);
        ((string)ended["state"]!, (string)ended["outcome"]!).ShouldBe((JobStateNames.Paid, nameof(Verdict.Succeeded)));
        ((ulong)ended["charge"]! + (ulong)ended["refund"]!).ShouldBe(1_000_000UL);
        ((ulong)(await WalletAsync("balance", [.. signer, .. chain]))["hyper"]!).ShouldBe(5_000_000UL - (ulong)ended["charge"]!);
        WatchCommand.TextOf((await JobAsync(0, "logs", [id, .. asked]))["items"]!.AsArray()!).ShouldContain("done: the most frequent word");
        var result = await JobAsync(0, "result", [id, "--out", Path.Combine(_folder, "result"), .. asked]);
        File.Exists((string)result["files"]![0]!["path"]!).ShouldBeTrue();
        ((string)(await JobAsync(0, "explain", [id, .. asked]))["waitingFor"]!["code"]!).ShouldNotBeEmpty();
        (await CommandLine.RunAsync(JobCommands.Create(), ["explain", id, "--wallet", wallet, "--api", stack.Ready.Url])).Output.ShouldContain("so far:");
        (await JobAsync(0, "list", [.. asked, "--status", "completed"]))["items"]!.AsArray().ShouldHaveSingleItem();

        // What is over can't be cancelled; what the API refuses is told by its exit code.
        (await CommandLine.RunAsync(JobCommands.Create(), ["cancel", id, .. asked])).ShouldBe((3, ""));

        // A transaction instead of the text; a command instead of a file, and one that fails.
        var failed = await JobAsync(
            4, "submit", ["--image", stack.Image, "--amount", "1", "--funding", "transaction", "--watch", .. asked, .. chain, "--", "sh", "-c", "exit 3"]);
        ((string)failed["state"]!, (string)failed["outcome"]!).ShouldBe((JobStateNames.Paid, nameof(Verdict.JobFault)));
        ((ulong)(await WalletAsync("balance", [.. signer, .. chain]))["allowance"]!).ShouldBe(1_000_000UL, "the second payment needed none");
    }

    private static async Task<JsonObject> WalletAsync(string command, string[] words) => await AnswerAsync(0, WalletCommands.Create(), [command, .. words]);

    private static async Task<JsonObject> JobAsync(int code, string command, string[] words) => await AnswerAsync(code, JobCommands.Create(), [command, .. words]);

    private static async Task<JsonObject> AnswerAsync(int code, System.CommandLine.Command command, string[] words)
    {
        var (ended, output) = await CommandLine.RunAsync(command, words);
        ended.ShouldBe(code, output);
        return (JsonObject)JsonNode.Parse(output)!;
    }
}

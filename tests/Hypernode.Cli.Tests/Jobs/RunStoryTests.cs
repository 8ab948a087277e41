using System.Diagnostics;
using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Client;
using Hypernode.Cli.Jobs;
using Hypernode.Cli.Jobs.Runs;
using Hypernode.Cli.Stack;
using Hypernode.Cli.Wallets;
using Hypernode.Contracts.Jobs;

namespace Hypernode.Cli.Tests.Jobs;

/// <summary>A sweep, steps and lost answers, command by command, over the embedded stack.</summary>
[Trait("Needs", "localnet")]
public sealed class RunStoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-runs-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Sweeps_steps_and_lost_answers_are_paid_once_each()
    {
        var repository = Repository.Find();
        await using var guard = CleanupGuard.Start(repository);
        var plan = new StackPlan(
            Path.Combine(_folder, "stack"), Services: false, JobRuntime.Process, new WorkflowWindows { MatchRetrySeconds = 1 }, null, [new AgentPlan("node-1", Slots: 2)], SlotMs: 100);
        Directory.CreateDirectory(plan.DataPath);
        await using var stack = await EmbeddedStack.StartAsync(repository, plan, guard, TimeProvider.System, static _ => { }, default);
        using var api = new ApiClient(stack.Ready.Url);
        await stack.EnlistAsync(api, default);
        using var proxy = new LossyProxy(stack.Ready.Url);
        var wallet = Path.Combine(_folder, "wallet.json");
        string[] signer = ["--wallet", wallet, "--json"];
        string[] chain = ["--rpc", stack.Ready.Rpc, "--network", stack.Ready.Network];
        string[] asked = [.. signer, .. chain, "--api", proxy.Url];
        await OneAsync(0, WalletCommands.Create(), ["new", wallet, "--json"]);
        await OneAsync(0, WalletCommands.Create(), ["airdrop", .. signer, .. chain, "--from", Path.Combine(plan.DataPath, "keys", "payer.json"), "--amount", "9"]);

        // Without an allowance nothing is signed, and that is told before.
        var sweep = repository.Example("sweep", "job.json");
        var run = Path.Combine(_folder, "sweep");
        (await CommandLine.RunAsync(JobCommands.Create(), ["run", sweep, "--image", stack.Image, "--out", run, "--yes", .. asked])).Code.ShouldBe(7);
        RunFile.IsRun(run).ShouldBeFalse();
        await OneAsync(0, WalletCommands.Create(), ["approve", .. signer, .. chain, "--amount", "8"]);

        // A submission whose answer is lost: it is asked for, and paid once.
        proxy.LoseAnswers(1);
        var submitted = await OneAsync(0, JobCommands.Create(), ["submit", repository.Example("hello", "job.json"), "--image", stack.Image, .. asked]);

        // Its log, followed from before its first line to its end, is its log.
        string[] logs = ["logs", "last", "--wallet", wallet, "--api", stack.Ready.Url];
        var followed = await CommandLine.RunAsync(JobCommands.Create(), [.. logs, "-f"]);
        followed.Output.ShouldContain("\nhello from a container\n");
        followed.ShouldBe(await CommandLine.RunAsync(JobCommands.Create(), logs));
        var hello = await OneAsync(0, JobCommands.Create(), ["watch", "last", .. signer, "--api", stack.Ready.Url]);
        hello["jobId"]!.GetValue<string>().ShouldBe((string)submitted["jobId"]!);
        (await JobsAsync(signer, stack)).ShouldBe(1);
        proxy.Lost.ShouldBe(1);

        // A sweep, two answers of which are lost.
        proxy.LoseAnswers(2);
        var swept = await LinesAsync(0, ["run", sweep, "--image", stack.Image, "--out", run, "--yes", .. asked]);
        swept[^1]["succeeded"]!.GetValue<bool>().ShouldBeTrue();
        swept.Where(l => (string)l["event"]! == "signed").Select(l => (string)l["id"]!).Order().ShouldBe(["letter=s,least=4", "letter=s,least=8", "letter=w,least=4"]);
        (await JobsAsync(signer, stack)).ShouldBe(4);
        foreach (var (id, count) in new[] { ("letter=s,least=4", "745\n"), ("letter=s,least=8", "234\n"), ("letter=w,least=4", "1442\n") })
        {
            (await File.ReadAllTextAsync(Path.Combine(run, "results", id, "count.txt"))).ShouldBe(count);
        }

        JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(run, "index.json")))!["jobs"]!.AsArray().Count.ShouldBe(3);
        await LinesAsync(0, ["resume", run, .. asked]);
        (await JobsAsync(signer, stack)).ShouldBe(4, "nothing was left to do");

        // Steps: the second reads what the first left.
        var pipeline = Path.Combine(_folder, "pipeline");
        await LinesAsync(0, ["run", repository.Example("pipeline", "job.json"), "--image", stack.Image, "--out", pipeline, "--yes", "--funding", "transaction", .. asked]);
        (await File.ReadAllLinesAsync(Path.Combine(pipeline, "results", "top", "top.txt")))[0].Trim().ShouldBe("6005 the");

        // A first step that fails: the second is never paid for.
        var failing = Path.Combine(_folder, "failing.json");
        await File.WriteAllTextAsync(failing, """
            { "amount": "0.5", "type": "custom", "image": "@image", "limits": { "cpuMillis": 100, "memoryMb": 32 }, "estimatedTime": 5,
              "steps": { "first": { "script": "exit 3" }, "second": { "script": "true", "needs": ["first"] } } }
            """);
        var failed = (await LinesAsync(4, ["run", failing, "--image", stack.Image, "--out", Path.Combine(_folder, "failing"), "--yes", .. asked]))[^1];
        failed["jobs"]!.AsArray().Select(j => (string)j!["status"]!).ShouldBe(["failed", "stopped"]);
        (await JobsAsync(signer, stack)).ShouldBe(7);

        // Retried, it fails again: one more payment, and the first one is not forgotten.
        var again = (await LinesAsync(4, ["resume", Path.Combine(_folder, "failing"), "--retry", "--yes", .. asked]))[^1];
        again["jobs"]![0]!["earlier"]![0]!["jobId"]!.GetValue<string>().ShouldBe((string)failed["jobs"]![0]!["jobId"]!);
        (await JobsAsync(signer, stack)).ShouldBe(8);

        // Killed while two of its three jobs run, and resumed: three payments, three results.
        var slow = Path.Combine(_folder, "slow.json");
        await File.WriteAllTextAsync(slow, """
            { "amount": "0.5", "type": "custom", "image": "@image", "limits": { "cpuMillis": 100, "memoryMb": 32 }, "estimatedTime": 5, "concurrency": 2,
              "matrix": { "n": [1, 2, 3] }, "env": { "N": "${{ matrix.n }}" }, "script": "sleep 3; echo $N > ${HYPERNODE_OUT:-/out}/n" }
            """);
        var killed = Path.Combine(_folder, "killed");
        await KilledAsync(["job", "run", slow, "--image", stack.Image, "--out", killed, "--yes", .. asked], after: 2);
        var resumed = (await LinesAsync(0, ["resume", killed, .. asked]))[^1];
        resumed["jobs"]!.AsArray().Select(j => File.ReadAllText(Path.Combine(killed, (string)j!["folder"]!, "n"))).ShouldBe(["1\n", "2\n", "3\n"]);
        (await JobsAsync(signer, stack)).ShouldBe(11);

        // Killed and cancelled: what has begun is ended and what it did not use comes back, the rest is never paid for.
        var cancelled = Path.Combine(_folder, "cancelled");
        await KilledAsync(["job", "run", slow, "--image", stack.Image, "--out", cancelled, "--concurrency", "1", "--yes", .. asked], after: 1);
        var over = (await LinesAsync(0, ["cancel", cancelled, .. asked]))[^1];
        over["jobs"]!.AsArray().Select(j => (string)j!["status"]!).ShouldBe(["failed", "stopped", "stopped"]);
        ((string)over["jobs"]![0]!["outcome"]!).ShouldBe("Cancelled");
        ((ulong)over["charge"]! + (ulong)over["refund"]!).ShouldBe(500_000UL);
        (await JobsAsync(signer, stack)).ShouldBe(12);
    }

    /// <summary>The program itself, kill -9 once so many of its jobs run.</summary>
    private static async Task KilledAsync(string[] words, int after)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(JobCommands).Assembly.Location, .. words]) { RedirectStandardOutput = true, RedirectStandardInput = true, UseShellExecute = false };
        start.Environment["HYPERNODE_ROOT"] = Repository.Find().Root;
        using var process = Process.Start(start)!;
        var running = 0;
        while (running < after)
        {
            var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("it ended by itself");
            running += JsonNode.Parse(line)!["state"]?.GetValue<string>() == JobStateNames.Executing ? 1 : 0;
        }

        process.Kill();
        await process.WaitForExitAsync();
    }

    private static async Task<int> JobsAsync(string[] signer, IStack stack) =>
        (await OneAsync(0, JobCommands.Create(), ["list", .. signer, "--api", stack.Ready.Url]))["items"]!.AsArray().Count;

    private static async Task<JsonObject> OneAsync(int code, System.CommandLine.Command command, string[] words)
    {
        var (ended, output) = await CommandLine.RunAsync(command, words);
        ended.ShouldBe(code, output);
        return (JsonObject)JsonNode.Parse(output)!;
    }

    private static async Task<List<JsonObject>> LinesAsync(int code, string[] words)
    {
        var (ended, output) = await CommandLine.RunAsync(JobCommands.Create(), words);
        ended.ShouldBe(code, output);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => (JsonObject)JsonNode.Parse(l)!)];
    }
}

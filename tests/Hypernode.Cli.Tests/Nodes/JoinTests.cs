using Hypernode.Cli.Adapters;
using Hypernode.Cli.Client;
using Hypernode.Cli.Nodes;
using Hypernode.Cli.Stack;
using Hypernode.Contracts.Jobs;
using Hypernode.Solana;
using Hypernode.Solana.NodeRegistry;

namespace Hypernode.Cli.Tests.Nodes;

public sealed class JoinTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-join-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("--api", "ftp://x")]
    [InlineData("--rpc", "nonsense")]
    [InlineData("--registry", "0OIl")]
    [InlineData("--authority", "short")]
    [InlineData("--authority-signature", "short")]
    [InlineData("--wallet", "/nowhere/wallet.json")]
    [InlineData("--stake", "-1")]
    [InlineData("--stake", "1.0000001")]
    [InlineData("--price", "free")]
    [InlineData("--slots", "0")]
    [InlineData("--slots", "many")]
    [InlineData("--cpu-millis", "9")]
    [InlineData("--memory-mb", "1")]
    [InlineData("--image", "busybox:latest")]
    [InlineData("--network-modes", "host")]
    [InlineData("--network-modes", "full,allowlist")]
    [InlineData("--engine", "tcp://elsewhere:2375")]
    [InlineData("--benchmark-ms", "0")]
    public void A_wrong_value_is_refused_by_its_options_name(string option, string value) =>
        Parse(option, value).Errors.ShouldContain(e => e.Message.Contains(option));

    [Fact]
    public void A_broker_that_is_none_is_refused_without_its_password()
    {
        var errors = Parse("--broker", "http://node:hunter2@x").Errors;
        errors.ShouldContain(e => e.Message.Contains("--broker"));
        errors.ShouldAllBe(e => !e.Message.Contains("hunter2"));
    }

    [Theory]
    [InlineData("amqps://broker.example/nodes", true)]
    [InlineData("amqp://127.0.0.1:5672/", true)]
    [InlineData("amqp://node.x:hunter2@broker.example/", false)]
    public void A_broker_is_named_without_a_password(string broker, bool right) => (Parse("--broker", broker).Errors.Count == 0).ShouldBe(right);

    [Theory]
    [InlineData()]
    [InlineData("--unsigned")]
    [InlineData("--authority-signature", "1111111111111111111111111111111111111111111111111111111111111111", "--unsigned", "--authority", "11111111111111111111111111111111")]
    public void Who_signs_must_be_clear(params string[] options) =>
        Should.Throw<CliException>(() => JoinCommand.PlanOf(Parse(options))).Message.ShouldStartWith("--");

    [Fact]
    public void Every_command_has_examples_in_its_help() =>
        NodeCommands.Create().Subcommands.Append(NodeCommands.Create()).ShouldAllBe(c => c.Description!.Contains("Examples:"));

    [Fact]
    public async Task Who_does_not_answer_is_a_reason_and_not_the_end_of_the_status()
    {
        var folder = new NodeFolder(_folder);
        folder.Write(new() { ["NodeId"] = "0f8fad5b-d9cb-469f-a165-70867728950e", ["DataFolder"] = _folder, ["EngineHost"] = "unix:///nowhere" },
            new NodeHome("http://127.0.0.1:1", "http://127.0.0.1:1", "localnet", "11111111111111111111111111111111", "W", []));

        var report = await StatusCommand.ReadAsync(folder, default);

        report.WhyNoJobs.Count(r => r.Contains("the API does not answer") || r.Contains("the chain does not answer")).ShouldBe(2);
        report.WhyNoJobs.ShouldNotContain(r => r.Contains("does not know") || r.Contains("not in the registry"));
    }

    [Fact]
    public void The_first_time_the_addresses_are_asked_for() => Should.Throw<CliException>(
        () => JoinCommand.PlanOf(JoinCommand.Create().Parse(["--data", _folder, "--unsigned", "--authority", "11111111111111111111111111111111"]))).Message.ShouldStartWith("--api");

    [Fact]
    public void A_file_that_names_no_transaction_is_a_clear_error()
    {
        var folder = new NodeFolder(_folder);
        folder.Sent.Read().ShouldBeNull();
        File.WriteAllText(folder.In("sent-transaction.json"), "{");
        Should.Throw<CliException>(() => folder.Sent.Read()).Message.ShouldContain("sent-transaction.json");
    }

    [Fact]
    public void An_operators_own_settings_stay()
    {
        var folder = new NodeFolder(_folder);
        File.WriteAllText(folder.SettingsFile, """{"Hypernode":{"Agent":{"PidsLimit":99,"Slots":1},"Other":{"A":1}}}""");
        var home = new NodeHome("http://a", "http://b", "localnet", "R", "W", []);

        folder.Write(new() { ["Slots"] = 2 }, home).ShouldBeTrue();
        folder.Write(new() { ["Slots"] = 2 }, home).ShouldBeFalse();

        folder.Options().ShouldSatisfyAllConditions(o => o.PidsLimit.ShouldBe(99), o => o.Slots.ShouldBe(2));
        folder.Home()!.Api.ShouldBe("http://a");
        File.ReadAllText(folder.SettingsFile).ShouldContain("Other");
    }

    [Fact]
    [Trait("Needs", "localnet")]
    public async Task A_machine_becomes_a_node_once_and_asking_again_changes_nothing()
    {
        var repository = Repository.Find();
        await using var guard = CleanupGuard.Start(repository);
        var plan = new StackPlan(Path.Combine(_folder, "stack"), Services: false, JobRuntime.Process, new WorkflowWindows(), null, [], SlotMs: 100);
        Directory.CreateDirectory(plan.DataPath);
        await using var stack = await EmbeddedStack.StartAsync(repository, plan, guard, TimeProvider.System, static _ => { }, default);
        var walletFile = Path.Combine(plan.DataPath, "keys", "payer.json");
        using var wallet = KeyFile.Load(walletFile);
        using var http = new HttpClient();
        using var api = new ApiClient(stack.Ready.Url);
        IRpcClient rpc = new RpcClient(http, new Uri(stack.Ready.Rpc));

        // The first time everything is made.
        string[] signedHere = ["--wallet", walletFile, "--stake", "1000", "--slots", "2"];
        var first = await JoinAsync("one", signedHere);
        first.Steps.Where(s => s.Changed).Select(s => s.Step).ShouldBe(["id", "key", "benchmark", "chain", "api", "settings"]);
        var onChain = await OnChainAsync(first);
        (onChain.StakeAmount, onChain.Tier, onChain.Authority, onChain.NodeKey.Key).ShouldBe((1_000_000_000UL, NodeTier.Standard, wallet.PublicKey, first.NodeKey));
        onChain.Status.ShouldBe(NodeStatus.Active);
        var published = (await api.FindNodeAsync(first.NodeId, default))!;
        (published.NodeKey, published.Authority, published.Slots, published.PricePerSecond).ShouldBe((first.NodeKey, wallet.PublicKey.Key, 2, 2_000UL));
        new FileInfo(first.Settings).UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        new FileInfo(Path.Combine(_folder, "one", "node-key.json")).UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        // Its job files come over the API: a stranger's machine shares no folder.
        new NodeFolder(Path.Combine(_folder, "one")).Options().ShouldSatisfyAllConditions(o => o.Api.ShouldBe(stack.Ready.Url), o => o.BlobFolder.ShouldBe(""));

        // The second time nothing; then the price alone.
        (await JoinAsync("one", signedHere)).Changed.ShouldBeFalse();
        var dearer = await JoinCommand.JoinAsync(
            JoinCommand.PlanOf(JoinCommand.Create().Parse(["--data", Path.Combine(_folder, "one"), "--wallet", walletFile, "--price", "0.004", "--engine", "unix:///nowhere/docker.sock"])), default);
        dearer.Steps.Where(s => s.Changed).Select(s => s.Step).ShouldBe(["chain", "api"]);
        (await OnChainAsync(first)).StakeAmount.ShouldBe(1_000_000_000UL);
        (await api.FindNodeAsync(first.NodeId, default))!.PricePerSecond.ShouldBe(4_000UL);

        // What was sent before and nobody knows the end of keeps us from staking again, until it can't land any more.
        var sent = new NodeFolder(Path.Combine(_folder, "one")).Sent;
        sent.Keep(new PendingTransaction(Base58.Encode(new byte[64].Select((_, i) => (byte)(i + 1)).ToArray()), ulong.MaxValue / 2));
        var hasty = new NodeOnChain(rpc, wallet.PublicKey, TimeProvider.System, new ConfirmationOptions { Deadline = TimeSpan.FromMilliseconds(300) });
        (await Should.ThrowAsync<CliException>(() => hasty.LearnAsync(sent, default))).Message.ShouldContain("not known");
        sent.Read().ShouldNotBeNull();
        sent.Keep(sent.Read()! with { LastValidBlockHeight = 0 });
        (await JoinAsync("one", [.. signedHere, "--price", "0.004"])).Changed.ShouldBeFalse();
        sent.Read().ShouldBeNull("its end is known: it never landed");

        // A wallet elsewhere signs a transaction and a text.
        string[] elsewhere = ["--unsigned", "--authority", wallet.PublicKey.Key, "--stake", "100"];
        var toSign = await JoinAsync("two", elsewhere);
        var transaction = Transaction.Deserialize(Convert.FromBase64String(toSign.Transaction!));
        transaction.MissingSigners.ShouldBe([wallet.PublicKey]);
        transaction.PartialSign(wallet);
        var height = await rpc.GetBlockHeightAsync() + 150;
        (await new TransactionSender(rpc, new ConfirmationTracker(rpc, TimeProvider.System)).SendAsync(transaction, height)).Happened.ShouldBeTrue();
        (await JoinAsync("two", elsewhere)).ShouldSatisfyAllConditions(r => r.Transaction.ShouldBeNull(), r => r.RegistrationText.ShouldNotBeNull());
        var joined = await JoinAsync(
            "two", [.. elsewhere, "--authority-signature", ApiClient.Sign(wallet, toSign.RegistrationText!), "--timestamp", $"{toSign.TimestampMs}"]);
        joined.RegistrationText.ShouldBeNull();
        (await api.FindNodeAsync(joined.NodeId, default)).ShouldNotBeNull();
        (await JoinAsync("two", elsewhere)).Changed.ShouldBeFalse();

        // Its own key drains it, as often as one likes, and brings it back.
        var one = new NodeFolder(Path.Combine(_folder, "one"));
        (await DrainCommand.SetAsync(one, drained: true, default)).ShouldBe(new NodeStatusAnswer(first.NodeId, "draining", 0));
        (await DrainCommand.SetAsync(one, drained: true, default)).Status.ShouldBe("draining");
        (await DrainCommand.SetAsync(one, drained: false, default)).Status.ShouldBe("active");
        (await Should.ThrowAsync<CliException>(() => DrainCommand.SetAsync(new NodeFolder(Path.Combine(_folder, "nobody")), drained: true, default))).Message.ShouldContain("hn node join");

        // More than the wallet has, and a registry that is none.
        (await Should.ThrowAsync<CliException>(() => JoinAsync("one", ["--wallet", walletFile, "--stake", "100000"]))).Message.ShouldStartWith("--stake");
        (await Should.ThrowAsync<CliException>(() => JoinAsync("one", [.. signedHere, "--registry", wallet.PublicKey.Key]))).Message.ShouldStartWith("--registry");

        var status = await StatusCommand.ReadAsync(new NodeFolder(Path.Combine(_folder, "one")), default);
        (status.Stake, status.MaxJobs, status.Slots, status.JobsCompleted).ShouldBe((1_000_000_000UL, 3, 2, 0L));
        status.WhyNoJobs.ShouldContain(r => r.StartsWith("offline: "));
        status.WhyNoJobs.ShouldContain(r => r.StartsWith("others are cheaper: "));
        status.WhyNoJobs.ShouldContain(r => r.StartsWith("engine: "));
        StatusCommand.Describe(status).ShouldContain("why no");

        Task<JoinReport> JoinAsync(string name, string[] options) => JoinCommand.JoinAsync(
            JoinCommand.PlanOf(Parse(
            [
                "--data", Path.Combine(_folder, name), "--api", stack.Ready.Url, "--rpc", stack.Ready.Rpc, "--engine", "unix:///nowhere/docker.sock", "--benchmark-ms", "5", .. options,
            ])),
            default);

        async Task<RegisteredNode> OnChainAsync(JoinReport report)
        {
            var registry = new PublicKey(new NodeFolder(Path.GetDirectoryName(report.Settings)!).Home()!.Registry);
            return (await new NodeRegistryReader(rpc, new NodeRegistryProgram(registry)).GetNodeAsync(new Guid(report.NodeId)))!;
        }
    }

    private static System.CommandLine.ParseResult Parse(params string[] options) => JoinCommand.Create().Parse(
        options.Contains("--api") ? options : ["--api", "http://127.0.0.1:1", .. options.Contains("--rpc") ? options : ["--rpc", "http://127.0.0.1:1", .. options]]);
}

using Hypernode.Cli.Adapters;
using Hypernode.Cli.Chain;
using Hypernode.Cli.Client;
using Hypernode.Cli.Demo;
using Hypernode.Cli.Nodes;
using Hypernode.Cli.Stack;
using Hypernode.Contracts.Jobs;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;
using Hypernode.Solana.NodeRegistry;

namespace Hypernode.EndToEnd;

/// <summary>
/// A stranger's machine on the services stack, from <c>hn node join</c> to its end: nobody hands it a password, its own key lets it
/// in, it is paid; and when the oracles jail it on chain, it is out.
/// </summary>
[Trait("Needs", "docker")]
[Trait("Needs", "localnet")]
[Trait("Needs", "postgres")]
[Trait("Needs", "rabbitmq")]
public sealed class JoinedNodeTests : IDisposable
{
    private const ulong Hyper = 1_000_000;
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-joined-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_joins_works_is_paid_and_is_thrown_out_when_the_chain_jails_it()
    {
        var repository = Repository.Find();
        await using var guard = CleanupGuard.Start(repository);
        var plan = new StackPlan(Path.Combine(_folder, "stack"), Services: true, JobRuntime.Docker, new WorkflowWindows(), null, [], SlotMs: 200, Throwaway: true);
        Directory.CreateDirectory(plan.DataPath);
        var engine = await ContainerEngine.StartAsync(repository, plan, guard, static _ => { }, default);
        await using var stack = await ServicesStack.StartAsync(repository, plan, guard, TimeProvider.System, static _ => { }, default);
        using var http = new HttpClient();
        IRpcClient rpc = new RpcClient(http, new Uri(stack.Ready.Rpc));
        using var programKey = KeyFile.Load(Path.Combine(repository.Root, "programs", "keys", "facilitator-keypair.json"));
        var chain = new ChainView(rpc, programKey.PublicKey, stack.Ready.Network);
        using var payer = KeyOf(plan, "payer");
        var wallet = await FundedWalletAsync(rpc, chain, payer);

        var node = new NodeFolder(Path.Combine(_folder, "node"));
        var joined = await JoinCommand.JoinAsync(JoinCommand.PlanOf(JoinCommand.Create().Parse(
            ["--data", node.Root, "--api", stack.Ready.Url, "--rpc", stack.Ready.Rpc, "--wallet", wallet, "--engine", engine.Host!, "--benchmark-ms", "5"])), default);
        node.Options().Broker.ShouldStartWith("amqp://127.0.0.1:");
        new Uri(node.Options().Broker).UserInfo.ShouldBeEmpty();
        await using var agent = ChildProcess.Start("joined", Path.Combine(_folder, "logs"), guard, "dotnet", repository.AgentProgram, "--config", node.SettingsFile);

        using var api = new ApiClient(stack.Ready.Url);
        await api.SignInAsync(payer, default);
        await UntilAsync(async () => (await api.NodeAsync(joined.NodeId, default)).LastSeenAt is not null, "its sign of life", agent);
        await chain.ApproveAllowanceAsync(payer, DemoJob.Amount.BaseUnits, TimeProvider.System, default);
        var job = await DemoJob.Of(repository, "word-frequency").UploadAsync(stack.Image, api, default);
        var prepared = await api.PrepareAsync(payer.PublicKey, DemoJob.Amount, job, default, Funding.Intent);
        await api.SubmitAsync(prepared, job, Agreement.By(payer, prepared, Funding.Intent), default);
        var id = prepared.PaymentIntent.JobId;
        await UntilAsync(async () => (await api.JobAsync(id, default)).State == "Paid", "the payment", agent);
        (await api.JobAsync(id, default)).NodeId.ShouldBe(joined.NodeId);

        await JailAsync(rpc, plan, node, new Guid(joined.NodeId));
        await UntilAsync(async () => (await api.NodeAsync(joined.NodeId, default)).Status == "jailed", "the chain's sentence", agent);
        await UntilAsync(() => Task.FromResult(agent.Tail(5).Contains("can't be read now", StringComparison.Ordinal)), "its way in to be closed", agent);
        agent.Tail(200).ShouldContain("the broker has closed the channel");
    }

    /// <summary>A provider's wallet of its own, with enough to stake.</summary>
    private async Task<string> FundedWalletAsync(IRpcClient rpc, ChainView chain, Account payer)
    {
        var file = Path.Combine(_folder, "wallet.json");
        using var wallet = KeyFile.LoadOrCreate(file);
        var mint = (await chain.ConfigAsync(default)).Mint;
        var from = FacilitatorProgram.TokenAccountOf(payer.PublicKey, mint);
        var to = FacilitatorProgram.TokenAccountOf(wallet.PublicKey, mint);
        await SendAsync(
            rpc,
            [
                AssociatedTokenAccountProgram.CreateAssociatedTokenAccount(payer.PublicKey, wallet.PublicKey, mint),
                TokenProgram.TransferChecked(from, to, 120 * Hyper, 6, payer.PublicKey, mint),
                SystemProgram.Transfer(payer.PublicKey, wallet.PublicKey, 100_000_000),
            ],
            payer);
        return file;
    }

    /// <summary>Three of the five oracles say so.</summary>
    private static async Task JailAsync(IRpcClient rpc, StackPlan plan, NodeFolder node, Guid id)
    {
        var program = new NodeRegistryProgram(new PublicKey(node.Home()!.Registry));
        var reader = new NodeRegistryReader(rpc, program);
        var config = (await reader.GetConfigAsync())!;
        var statement = new StatusStatement(id, (await reader.GetNodeAsync(id))!.Sequence + 1, NodeStatus.Jailed, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 600);
        var digest = statement.Digest(config.Cluster, program.ProgramIdKey);
        using var relayer = KeyOf(plan, "payer");
        var signed = new List<(PublicKey, byte[])>();
        foreach (var n in Enumerable.Range(1, config.Threshold))
        {
            using var oracle = KeyOf(plan, $"oracle-{n}");
            signed.Add((oracle.PublicKey, oracle.Sign(digest)));
        }

        await SendAsync(rpc, program.AttestStatus(statement, config, signed), relayer);
    }

    private static Account KeyOf(StackPlan plan, string name) => KeyFile.Load(Path.Combine(plan.DataPath, "keys", $"{name}.json"));

    private static async Task SendAsync(IRpcClient rpc, IReadOnlyList<TransactionInstruction> instructions, Account payer) =>
        (await new TransactionSender(rpc, new ConfirmationTracker(rpc, TimeProvider.System)).SendAsync(instructions, payer)).Happened.ShouldBeTrue();

    private static async Task UntilAsync(Func<Task<bool>> look, string what, ChildProcess agent)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await look())
        {
            if (TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(90))
            {
                throw new TimeoutException($"{what} did not come; the agent said:\n{agent.Tail(40)}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }
}

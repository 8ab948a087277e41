using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Tests.Contract;

/// <summary>One host with something of everything: a job that runs, one that is paid, nodes, and who may ask for what.</summary>
internal sealed class ContractWorld : IAsyncDisposable
{
    public const int MaxJsonBytes = 16 * 1024;

    public static readonly NodeId NodeId = AccessWorld.NodeId;
    public static readonly NodeId BannedNode = AccessWorld.OtherNodeId;
    public static readonly NodeId SecondNode = NodeId.Parse("2f8fad5b-d9cb-469f-a165-70867728950e");
    private static readonly TestWallet TwoNodes = new(6);
    private static readonly TransferTerms Transfer = new(FakeDeposits.Usdc, TestWallet.Bob.Address, new HyperAmount(1_000), null);

    private ContractWorld(ApiHost host) => Host = host;

    public ApiHost Host { get; }

    public HttpClient Anonymous => Host.Anonymous;

    public HttpClient Alice { get; private set; } = null!;

    public HttpClient Bob { get; private set; } = null!;

    public HttpClient Node { get; private set; } = null!;

    /// <summary>A key that signs for two nodes.</summary>
    public HttpClient Pair { get; private set; } = null!;

    /// <summary>Alice's, on Alice's node, with a log.</summary>
    public JobId Running { get; private set; }

    /// <summary>Alice's, with one result file.</summary>
    public JobId Paid { get; private set; }

    /// <summary>Alice's, with two.</summary>
    public JobId PaidTwice { get; private set; }

    public JobId Refunded { get; private set; }

    public static async Task<ContractWorld> StartAsync(bool onSocket = false)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Hypernode:Api:MaxJsonBytes"] = MaxJsonBytes.ToString(CultureInfo.InvariantCulture),
            ["Hypernode:Api:RequestsPerSecond"] = "1000000",
            ["Hypernode:Api:RequestBurst"] = "10000000",
            ["Hypernode:Api:NodeBroker"] = "amqps://broker.example/nodes",
            ["Hypernode:X402:SettleWaitMilliseconds"] = "0",
            ["Hypernode:X402:FacilitatorPayTo:0"] = TestWallet.Bob.Address.ToString(),
        };
        var world = new ContractWorld(await ApiHost.StartAsync(settings, onSocket: onSocket));
        await world.FillAsync();
        return world;
    }

    public JsonObject RegistrationOf(NodeId id, TestWallet key)
    {
        var registration = new NodeRegistration(
            id, key.Address, TestWallet.Alice.Address, "gpu-1",
            new NodeOffer(2, 4_000, 16_384, new HyperAmount(1_000), [new GpuInfo("GPU-8a3b4f1e-52c7-4d0b-9a61-0f3e5d7c2b18", "RTX 4090", 24_576)], [Bodies.Image], [NetworkMode.Allowlist]),
            Host.Clock.Now.ToUnixTimeMilliseconds());
        var text = registration.ToSigningText(Host.Escrow.Deployment.Network);
        return new JsonObject
        {
            ["nodeId"] = id.ToString(),
            ["nodeKey"] = key.Address.ToString(),
            ["authority"] = TestWallet.Alice.Address.ToString(),
            ["hostname"] = "gpu-1",
            ["offer"] = JsonNode.Parse($$"""
                {"slots":2,"cpuMillis":4000,"memoryMb":16384,"pricePerSecond":1000,
                 "gpus":[{"uuid":"GPU-8a3b4f1e-52c7-4d0b-9a61-0f3e5d7c2b18","model":"RTX 4090","vramMb":24576}],
                 "images":["{{Bodies.Image}}"],"networkModes":["allowlist"]}
                """),
            ["timestamp"] = registration.Timestamp,
            ["nodeSignature"] = key.Sign(text),
            ["authoritySignature"] = TestWallet.Alice.Sign(text),
        };
    }

    public JsonObject CompletionOf(JobId job)
    {
        var receipt = ReceiptOf(job, []);
        return new JsonObject
        {
            ["receipt"] = JsonSerializer.SerializeToNode(receipt, ContractJson.Options),
            ["signature"] = Base58.Encode(TestWallet.Node.Sign(receipt.SigningBytes())),
        };
    }

    /// <summary>What another server's x402 middleware asks.</summary>
    public JsonObject TransferRequest() => new()
    {
        ["x402Version"] = 2,
        ["paymentPayload"] = new JsonObject
        {
            ["x402Version"] = 2,
            ["accepted"] = new JsonObject { ["scheme"] = "exact", ["network"] = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1" },
            ["payload"] = new JsonObject { ["transaction"] = Convert.ToBase64String(FakeTransfers.Transfer(Transfer)) },
        },
        ["paymentRequirements"] = new JsonObject
        {
            ["scheme"] = "exact",
            ["network"] = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
            ["amount"] = "1000",
            ["asset"] = Transfer.Mint.ToString(),
            ["payTo"] = Transfer.PayTo.ToString(),
            ["extra"] = new JsonObject { ["feePayer"] = Host.Transfers.FeePayer.ToString() },
        },
    };

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private async Task FillAsync()
    {
        Register(NodeId, TestWallet.Node, NodeStatus.Active);
        Register(BannedNode, new TestWallet(5), NodeStatus.Slashed);
        Register(SecondNode, TwoNodes, NodeStatus.Active);
        Register(NodeId.Parse("3f8fad5b-d9cb-469f-a165-70867728950e"), TwoNodes, NodeStatus.Active);
        Alice = await Host.SignInAsync(TestWallet.Alice);
        Bob = await Host.SignInAsync(TestWallet.Bob);
        Node = await Host.SignInAsync(TestWallet.Node);
        Pair = await Host.SignInAsync(TwoNodes);
        Running = await SubmittedAsync();
        Host.Jobs.Move(Running, JobStateNames.Executing, j => j with { AssignedNode = NodeId, Attempt = 1, Signatures = [TestWallet.Alice.Sign("lock")] });
        var lease = new LeaseView(Running, 1, NodeId, 0, Hash256.Zero, new HyperAmount(1_000), Host.Clock.Now, Host.Clock.Now, Host.Clock.Now, Live: true);
        Host.Nodes.Leases[(Running, 1)] = lease;
        Host.Standing.Leases.Add(lease);
        Host.Standing.Jobs[Running] = FakeStanding.Nothing with { Leases = [lease] };
        var data = "sorting\n"u8.ToArray();
        await Host.Evidence.AddLogsAsync([new LogChunk(Running, 1, 0, "stdout", 1, data, LogChunk.ChainHash(Hash256.Zero, 0, "stdout", 1, data))], Host.Clock.Now, CancellationToken.None);
        var job = Host.Jobs.All[Running];
        Host.NodeWay.Waiting[NodeId] = new HeldCommand("ack-1", new ExecuteJob(
            Running, job.Intent.IntentId, NodeId, 1, 1, 0, job.Spec, job.SpecHash, Hash256.Of("challenge"u8), 45_000, Host.Clock.Now.AddMinutes(1).ToUnixTimeMilliseconds()));
        Paid = await PaidAsync(("sorted.txt", "apple\npear\n"));
        PaidTwice = await PaidAsync(("a.txt", "one"), ("b.txt", "two"));
        Refunded = await SubmittedAsync();
        Host.Jobs.Move(Refunded, JobStateNames.Refunded, j => j with { Outcome = "no-node", CompletedAt = Host.Clock.Now });
    }

    private async Task<JobId> SubmittedAsync() => JobId.Parse(await Bodies.SubmittedJobAsync(Host, TestWallet.Alice));

    private async Task<JobId> PaidAsync(params (string Name, string Content)[] files)
    {
        var id = await SubmittedAsync();
        Host.Jobs.Move(id, JobStateNames.Paid, j => j with
        {
            Attempt = 1,
            AssignedNode = NodeId,
            Outcome = nameof(Verdict.Succeeded),
            CompletedAt = Host.Clock.Now,
            Settlement = new Settlement(new(1_000), new(900), new(60), new(40), new(2_499_000)),
            EscrowAddress = TestWallet.Bob.Address.ToString(),
            Signatures = [TestWallet.Alice.Sign("lock"), TestWallet.Alice.Sign("settle")],
        });
        var receipt = ReceiptOf(id, [.. files.Select(f => new Artifact(f.Name, Host.Blobs.Add(Encoding.UTF8.GetBytes(f.Content)), f.Content.Length))]);
        Host.Evidence.Receipts[(id, 1)] = new StoredReceipt(receipt, Base58.Encode(TestWallet.Node.Sign(receipt.SigningBytes())), Host.Clock.Now);
        return id;
    }

    private Receipt ReceiptOf(JobId id, Artifact[] artifacts)
    {
        var job = Host.Jobs.All[id];
        return new Receipt(
            id, job.Intent.IntentId, NodeId, 1, 1, job.SpecHash, Bodies.Image, Receipt.RootOf(job.Spec.Inputs ?? []), Hash256.Of("challenge"u8), 1_000, 3_000, 0, false, false,
            Hash256.Zero, 0, Receipt.RootOf(artifacts), artifacts, [], 0, 0, Receipt.MarkerOf(Hash256.Of("challenge"u8), id, 1, 0), Hash256.Zero);
    }

    private void Register(NodeId id, TestWallet key, NodeStatus status) => Host.Nodes.All[id] = new NodeView(
        id, key.Address, TestWallet.Alice.Address, "gpu-1", status,
        new NodeOffer(2, 4_000, 16_384, new HyperAmount(1_000), [new GpuInfo("GPU-8a3b4f1e-52c7-4d0b-9a61-0f3e5d7c2b18", "RTX 4090", 24_576)], [Bodies.Image], [NetworkMode.Allowlist]),
        1, 3, new HyperAmount(2_700), Host.Clock.Now, Host.Clock.Now);
}

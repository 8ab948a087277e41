using System.Text;
using Hypernode.Api.Tests;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Client.Tests;

/// <summary>The client against the real API, whose answers are held against its document at the same time.</summary>
public sealed class ApiStoryTests : IAsyncLifetime
{
    private static readonly HyperAmount Amount = new(2_500_000);
    private ApiHost _host = null!;
    private HypernodeClient _client = null!;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        _client = new HypernodeClient(_host.Anonymous, new ClientOptions { RetryDelay = TimeSpan.Zero, PollInterval = TimeSpan.FromMilliseconds(5) }, _host.Clock);
        await _client.SignInAsync(Wallet(TestWallet.Alice));
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _host.DisposeAsync();
    }

    [Theory]
    [InlineData(Funding.Intent)]
    [InlineData(Funding.Transaction)]
    public async Task From_a_file_to_its_result(Funding funding)
    {
        using var file = new MemoryStream(Encoding.UTF8.GetBytes("pear\napple\n"));
        var job = JobOf(await _client.UploadAsync("words.txt", file));

        var submitted = await _client.SubmitAsync(Wallet(TestWallet.Alice), Amount, job, _host.Escrow.Deployment, funding, "a-key");
        var id = JobId.Parse(submitted.JobId);
        _host.Jobs.All[id].SpecHash.ShouldBe(job.Hash());
        (await _client.JobAsync(submitted.JobId)).State.ShouldBe(JobStateNames.Submitted);
        (await _client.ExplainJobAsync(submitted.JobId)).WaitingFor.Code.ShouldBe("intent-verification");
        (await _client.CancelAsync(submitted.JobId)).JobId.ShouldBe(submitted.JobId);

        var waiting = _client.WaitAsync(submitted.JobId);
        await LogAsync(id, 0, "sorting\n");
        Pay(id, ("sorted.txt", "apple\npear\n"));
        (await waiting).Charge.ShouldBe(1_000UL);
        var said = await _client.FollowAsync(submitted.JobId).ToListAsync();
        said.Select(e => e.Kind).ShouldBe(["log", "state", "end"]);
        (said[0].Text, said[0].Position, Encoding.UTF8.GetString(said[0].Data!)).ShouldBe(("sorting\n", "1.0", "sorting\n"));
        (await _client.FollowAsync(submitted.JobId, said[0].Position).ToListAsync()).Select(e => e.Kind).ShouldBe(["state", "end"]);
        (await _client.LogChunksAsync(submitted.JobId).ToListAsync()).Count.ShouldBe(1);

        var results = await _client.ResultsAsync(submitted.JobId);
        using var written = new MemoryStream();
        await _client.DownloadAsync(submitted.JobId, results.Items.Single(), written);
        Encoding.UTF8.GetString(written.ToArray()).ShouldBe("apple\npear\n");
        Encoding.UTF8.GetString(await _client.ResultAsync(submitted.JobId, "sorted.txt", from: 6, to: 9)).ShouldBe("pear");
        (await _client.PaymentIntentAsync(_host.Jobs.All[id].Intent.IntentId.ToString())).Status.ShouldBe("completed");
    }

    [Fact]
    public async Task What_was_prepared_for_another_deployment_is_not_signed()
    {
        var elsewhere = _host.Escrow.Deployment with { Program = TestWallet.Bob.Address };

        await Should.ThrowAsync<NotSignedException>(() => _client.SubmitAsync(Wallet(TestWallet.Alice), Amount, JobOf(), elsewhere));

        _host.Jobs.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_refusal_names_every_wrong_field()
    {
        var refusal = await Should.ThrowAsync<RefusedException>(() => _client.PrepareAsync(TestWallet.Alice.Address, Amount, JobOf() with { Image = "latest", EstimatedTime = 0 }));

        (refusal.Status, refusal.Kind).ShouldBe((400, "invalid-field"));
        refusal.Fields.Select(f => f.Pointer).ShouldBe(["/job/image", "/job/estimatedTime"], ignoreOrder: true);
    }

    [Fact]
    public async Task Jobs_come_page_by_page()
    {
        for (var i = 0; i < 5; i++)
        {
            _host.Clock.Now = _host.Clock.Now.AddSeconds(1);
            await _client.SubmitAsync(Wallet(TestWallet.Alice), Amount, JobOf(), _host.Escrow.Deployment);
        }

        var jobs = await _client.JobsAsync(pageSize: 2).ToListAsync();

        jobs.Select(j => j.CreatedAt).ShouldBeInOrder(SortDirection.Descending);
        jobs.Select(j => j.JobId).Distinct().Count().ShouldBe(5);
        (await _client.JobsAsync("completed").ToListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_market_is_there_for_everybody_and_a_node_for_its_owner()
    {
        var id = NodeId.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");
        var node = new NodeRegistration(id, TestWallet.Node.Address, TestWallet.Alice.Address, "gpu-1", new NodeOffer(1, 2_000, 4_096, new HyperAmount(10), [], []), _host.Clock.Now.ToUnixTimeMilliseconds());
        var text = node.ToSigningText(_host.Escrow.Deployment.Network);

        (await _client.FindNodeAsync(id.ToString())).ShouldBeNull();
        (await _client.RegisterNodeAsync(node, TestWallet.Node.Sign(text), TestWallet.Alice.Sign(text))).PricePerSecond.ShouldBe(10UL);

        (await _client.NodesAsync().ToListAsync()).Select(n => n.NodeId).ShouldBe([id.ToString()]);
        (await _client.NodesAsync("jailed", byPrice: true).ToListAsync()).ShouldBeEmpty();
        (await _client.DrainAsync(id.ToString())).Status.ShouldBe("draining");
        (await _client.ExplainNodeAsync(id.ToString())).Reason.Code.ShouldBe("draining");
        (await _client.NetworkStatsAsync()).Nodes.Total.ShouldBe(1);
        (await _client.NodeStatsAsync()).ByStatus!["draining"].ShouldBe(1);
        (await _client.JobStatsAsync()).Total.ShouldBe(0);
        (await _client.FacilitatorStatsAsync()).Deployment.Network.ShouldBe("localnet");
    }

    [Fact]
    public async Task A_session_is_renewed_before_it_runs_out()
    {
        _host.Clock.Now = _host.Clock.Now.AddMinutes(61);

        (await _client.JobsAsync().ToListAsync()).ShouldBeEmpty();
    }

    private static JobSpec JobOf(JobInput? input = null) => new(
        JobType.Custom, Bodies.Image, new JobLimits(1_000, 256), 30, Script: "sort /in/words.txt > /out/sorted.txt", Inputs: input is null ? null : [input], Description: "größe");

    private IWalletSigner Wallet(TestWallet wallet) => new TransactionWallet(wallet);

    private Task LogAsync(JobId job, long seq, string text)
    {
        var data = Encoding.UTF8.GetBytes(text);
        return _host.Evidence.AddLogsAsync([new LogChunk(job, 1, seq, "stdout", 1, data, LogChunk.ChainHash(Hash256.Zero, seq, "stdout", 1, data))], _host.Clock.Now, CancellationToken.None);
    }

    private void Pay(JobId id, params (string Name, string Content)[] files)
    {
        var job = _host.Jobs.All[id];
        Artifact[] artifacts = [.. files.Select(f => new Artifact(f.Name, _host.Blobs.Add(Encoding.UTF8.GetBytes(f.Content)), f.Content.Length))];
        var receipt = new Receipt(
            id, job.Intent.IntentId, AccessNode, 1, 1, job.SpecHash, Bodies.Image, Hash256.Zero, Hash256.Zero, 0, 1, 0, false, false,
            Hash256.Zero, 0, Receipt.RootOf(artifacts), artifacts, [], 0, 0, Hash256.Zero, Hash256.Zero);
        _host.Evidence.Receipts[(id, 1)] = new StoredReceipt(receipt, "signature", _host.Clock.Now);
        _host.Jobs.Move(id, JobStateNames.Paid, j => j with { Attempt = 1, Outcome = nameof(Verdict.Succeeded), CompletedAt = _host.Clock.Now, Settlement = new(new(1_000), new(900), new(60), new(40), new(2_499_000)) });
    }

    private static readonly NodeId AccessNode = NodeId.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");

    /// <summary>The fake chain's transactions: room for a signature, and what it is over.</summary>
    private sealed class TransactionWallet(TestWallet wallet) : IWalletSigner
    {
        public WalletAddress Address => wallet.Address;

        public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken) => new(wallet.Sign(message.Span));

        public ValueTask<byte[]> SignTransactionAsync(ReadOnlyMemory<byte> transaction, PaymentIntent intent, long settleBy, CancellationToken cancellationToken) =>
            new([.. wallet.Sign(transaction.Span[64..]), .. transaction.Span[64..]]);
    }
}

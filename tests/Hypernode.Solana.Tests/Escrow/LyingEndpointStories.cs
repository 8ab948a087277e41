using System.Diagnostics.Metrics;
using System.Net.Http.Json;
using System.Text.Json;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Solana.Facilitator;
using Hypernode.Solana.Tests.Localnet;
using Hypernode.Workers.Adapters.Solana;

namespace Hypernode.Solana.Tests.Escrow;

/// <summary>Money with two endpoints of one real chain, of which one lies; and with keys that are elsewhere. Fast slots: a missing block is a lie 32 slots later.</summary>
[Trait("Needs", "localnet")]
public sealed class LyingEndpointStories(ControlledEscrowFixture fixture) : IClassFixture<ControlledEscrowFixture>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(LyingHandler.NeverSeen)]
    [InlineData(LyingHandler.Failed)]
    public async Task Endpoints_that_contradict_each_other_give_no_answer_but_an_alarm_and_never_a_second_payment(string lie)
    {
        var alarms = 0L;
        using var listener = new MeterListener { InstrumentPublished = (instrument, l) => { if (instrument.Name == RpcMetrics.Disagreements) { l.EnableMeasurementEvents(instrument); } } };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref alarms, count));
        listener.Start();
        var command = await AssignedAsync();
        using var liar = new LyingHandler(lie);
        using var lies = new HttpClient(liar);
        using var truth = new HttpClient();
        var escrow = fixture.EscrowOver(new RpcPool(
        [
            new RpcEndpoint("honest", new RpcClient(truth, fixture.Endpoint), TimeProvider.System),
            new RpcEndpoint("liar", new RpcClient(lies, fixture.Endpoint), TimeProvider.System),
        ]));
        var before = await NodeAsync();

        var unknown = (await escrow.SettleAsync(command, None)).ShouldBeOfType<EscrowAnswer.Unknown>();
        unknown.Pending.ShouldNotBeNull();
        Interlocked.Read(ref alarms).ShouldBeGreaterThan(0);

        // Asked again while it lies: the account itself tells that it is done, and nothing is sent a second time.
        await escrow.SettleAsync(command with { Pending = unknown.Pending }, None);
        liar.Lies = false;
        var done = (await escrow.SettleAsync(command with { Pending = unknown.Pending }, None)).ShouldBeOfType<EscrowAnswer.Done>();
        done.Signature.ShouldBe(unknown.Pending.Signature);
        (await NodeAsync() - before).ShouldBe(FeeSplit.Of(command.Charge).NodeShare.BaseUnits, "once");
    }

    [Fact]
    public async Task Relayer_and_assigner_may_be_kept_by_a_service()
    {
        using var service = new HttpClient(new Service(fixture.Keys.Relayer, fixture.Keys.Assigner));
        var options = new SolanaOptions
        {
            RelayerSignerUrl = "https://signer.test/sign", RelayerPublicKey = fixture.Keys.Relayer.PublicKey.Key,
            AssignerSignerUrl = "https://signer.test/sign", AssignerPublicKey = fixture.Keys.Assigner.PublicKey.Key,
        };
        var signers = ChainSigners.Of(fixture.Keys, options, service);
        signers.Relayer.ShouldBeOfType<HttpSigner>();
        var command = await AssignedAsync();
        var escrow = fixture.EscrowOver(fixture.Rpc, signers.Relayer, signers.Assigner);
        (await escrow.SettleAsync(command, None)).ShouldBeOfType<EscrowAnswer.Done>().Payment.Status.ShouldBe(EscrowStatus.Completed);
    }

    private async Task<ulong> NodeAsync() =>
        (await fixture.Rpc.GetTokenAccountBalanceAsync(FacilitatorProgram.TokenAccountOf(fixture.Node.PublicKey, fixture.Mint))).Amount;

    private async Task<SettlePayment> AssignedAsync()
    {
        var program = new FacilitatorProgram(fixture.ProgramKey.PublicKey);
        var (intent, job, node, now) = (FacilitatorWorld.NewId(), FacilitatorWorld.NewId(), fixture.Node.PublicKey, FacilitatorWorld.Now() / 1_000);
        await fixture.Bootstrap.EnsureTokenAccountsAsync([node], None);
        (await fixture.Localnet.Sender.SendAsync(
            [
                program.AuthorizePayment(new PaymentTerms(intent, job, 10_000, now + 600, now + 3_600), fixture.Wallet.PublicKey, fixture.Keys.Relayer.PublicKey, fixture.Mint),
                program.AssignNode(intent, 1, node, fixture.Keys.Assigner.PublicKey),
            ],
            fixture.Keys.Relayer, [fixture.Wallet, fixture.Keys.Assigner])).ShouldHaveHappened();
        return new SettlePayment(
            new JobId(job), new IntentId(intent), 1, default, WalletAddress.FromBytes(node.AsSpan()), Verdict.Succeeded, new HyperAmount(9_999),
            Hash256.Of("execution"u8), Hash256.Of("logs"u8), Pending: null);
    }

    /// <summary>Holds the keys, and signs what it is sent.</summary>
    private sealed class Service(params Account[] keys) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var asked = await request.Content!.ReadFromJsonAsync<JsonElement>(cancellationToken);
            var key = keys.Single(k => k.PublicKey.Key == asked.GetProperty("publicKey").GetString());
            return new HttpResponseMessage { Content = JsonContent.Create(new { signature = key.Sign(asked.GetProperty("message").GetBytesFromBase64()) }) };
        }
    }
}

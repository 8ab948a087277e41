using Hypernode.Bench.Settlement;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.Solana.Facilitator;
using Hypernode.Solana.Tests.Localnet;
using Hypernode.Workers.Adapters.Solana;
using Hypernode.Workers.Settlement;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Solana.Tests.Escrow;

/// <summary>Money on a network that drops, loses answers and delivers twice, and on a chain whose clock runs ahead.</summary>
[Trait("Needs", "localnet")]
public sealed class BadNetworkStories(ControlledEscrowFixture fixture) : IClassFixture<ControlledEscrowFixture>
{
    private const int Jobs = 200;
    private const ulong Amount = 10_000;
    private const ulong Charge = 7_777;

    private FacilitatorProgram Program => new(fixture.ProgramKey.PublicKey);

    [Fact]
    public async Task Every_job_is_paid_once_and_then_costs_the_relayer_its_fees_alone()
    {
        // Accounts that stay are made beforehand: what a job costs is counted from here.
        await fixture.Bootstrap.EnsureTokenAccountsAsync([fixture.Node.PublicKey], CancellationToken.None);
        var (node, payer) = (fixture.Node.PublicKey, fixture.Wallet.PublicKey);
        var relayer = fixture.Keys.Relayer.PublicKey;
        var (purse, before) = (await fixture.Rpc.GetBalanceAsync(relayer), await SignaturesOfAsync(relayer));
        var hyper = await HyperAsync();
        var commands = await Task.WhenAll(Enumerable.Range(0, Jobs).Select(_ => FundAsync()));

        await fixture.Localnet.ControlAsync("localnet_faults", new { dropPerMille = 30, unknownPerMille = 10, twicePerMille = 30, seed = 4 });
        var run = await new FaultySettlements(new PaymentSettler(fixture.Escrow, NullLogger<PaymentSettler>.Instance), 64, twicePerMille: 100)
            .RunAsync(commands, CancellationToken.None);
        var faults = await fixture.Localnet.ControlAsync("localnet_faults", new { dropPerMille = 0, unknownPerMille = 0, twicePerMille = 0 });

        run.Settled.ShouldBe(Jobs);
        run.Twice.ShouldBeGreaterThan(0);
        faults.GetProperty("dropped").GetInt32().ShouldBeGreaterThan(0);
        faults.GetProperty("twice").GetInt32().ShouldBeGreaterThan(0);
        faults.GetProperty("tookTwice").GetInt32().ShouldBe(0);
        var split = FeeSplit.Of(new HyperAmount(Charge));
        var after = await HyperAsync();
        (after.Node - hyper.Node, after.Protocol - hyper.Protocol, after.Platform - hyper.Platform, hyper.Payer - after.Payer)
            .ShouldBe((Jobs * split.NodeShare.BaseUnits, Jobs * split.ProtocolFee.BaseUnits, Jobs * split.PlatformFee.BaseUnits, Jobs * Charge));

        var tombstones = new SolanaTombstones(fixture.Rpc, Program, fixture.Keys.Relayer, fixture.Options, TimeProvider.System);
        (await CloseAsync(TimeProvider.System.GetUtcNow())).ShouldBe(0, "their time has not come");

        var warped = await fixture.Localnet.ControlAsync("localnet_warp", new { seconds = 86_400 + 3_600 });
        var now = DateTimeOffset.FromUnixTimeSeconds(warped.GetProperty("unixTimestamp").GetInt64());
        (await tombstones.ClosableAsync(now.ToUnixTimeSeconds(), 7, CancellationToken.None)).Count.ShouldBe(7, "bounded");
        // Two hosts at once, and one that asks early: each is closed once, and nobody is harmed.
        var closed = await Task.WhenAll(CloseAsync(now), CloseAsync(now));
        closed.Max().ShouldBe(Jobs);
        (await CloseAsync(now)).ShouldBe(0);
        (await new FacilitatorReader(fixture.Rpc, Program).ListPaymentsAsync(PaymentStatus.Completed)).ShouldBeEmpty();

        // Every lamport that is gone went into a fee: the rent of escrow and record is back.
        (purse - await fixture.Rpc.GetBalanceAsync(relayer)).ShouldBe(await FeesOfAsync(relayer, before));

        async Task<int> CloseAsync(DateTimeOffset at) =>
            await tombstones.CloseAsync(await tombstones.ClosableAsync(at.ToUnixTimeSeconds(), CloseSweep.MostInATurn, CancellationToken.None), CancellationToken.None);

        async Task<(ulong Node, ulong Protocol, ulong Platform, ulong Payer)> HyperAsync()
        {
            async Task<ulong> Of(PublicKey account) => (await fixture.Rpc.GetTokenAccountBalanceAsync(account)).Amount;
            return (
                await Of(FacilitatorProgram.TokenAccountOf(node, fixture.Mint)), await Of(fixture.Setup.Config.ProtocolVault),
                await Of(fixture.Setup.Config.PlatformVault), await Of(FacilitatorProgram.TokenAccountOf(payer, fixture.Mint)));
        }
    }

    private async Task<SettlePayment> FundAsync()
    {
        var (intent, job, node) = (FacilitatorWorld.NewId(), FacilitatorWorld.NewId(), fixture.Node.PublicKey);
        var now = FacilitatorWorld.Now() / 1_000;
        (await fixture.Localnet.Sender.SendAsync(
            [
                Program.AuthorizePayment(new PaymentTerms(intent, job, Amount, now + 600, now + 3_600), fixture.Wallet.PublicKey, fixture.Keys.Relayer.PublicKey, fixture.Mint),
                Program.AssignNode(intent, 1, node, fixture.Keys.Assigner.PublicKey),
            ],
            fixture.Keys.Relayer, [fixture.Wallet, fixture.Keys.Assigner])).ShouldHaveHappened();
        return new SettlePayment(
            new JobId(job), new IntentId(intent), 1, default, WalletAddress.FromBytes(node.AsSpan()), Verdict.Succeeded, new HyperAmount(Charge),
            Hash256.Of("execution"u8), Hash256.Of("logs"u8), Pending: null);
    }

    /// <summary>What this account paid in fees, but for those transactions.</summary>
    private async Task<ulong> FeesOfAsync(PublicKey payer, HashSet<string> before)
    {
        ulong fees = 0;
        foreach (var signature in (await SignaturesOfAsync(payer)).Where(s => !before.Contains(s)))
        {
            fees += (await fixture.Rpc.GetTransactionAsync(signature)).ShouldNotBeNull().Fee;
        }

        return fees;
    }

    private async Task<HashSet<string>> SignaturesOfAsync(PublicKey account)
    {
        const int most = 1_000;
        var all = await fixture.Rpc.GetSignaturesForAddressAsync(account, most);
        all.Count.ShouldBeLessThan(most, "or some would be missed");
        return [.. all.Select(s => s.Signature)];
    }
}

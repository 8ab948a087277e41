using Hypernode.Cli.Client;
using Hypernode.Cli.Jobs.Runs;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;

namespace Hypernode.Cli.Tests.Jobs.Runs;

/// <summary>An API that makes receipts up: each is well signed, and none was paid for.</summary>
public sealed class PaidReceiptTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_000);
    private static readonly JobSpec Job = new(JobType.Custom, "sha256:x", new JobLimits(100, 16), 5, Cmd: ["x"]);
    private static readonly JobId Id = new(Guid.NewGuid());
    private static readonly IntentId Intent = new(Guid.NewGuid());
    private static readonly Signed Signed = new(
        Job,
        new PreparedIntent(new IntentBody(Intent.ToString(), "c", "1.0", Id.ToString(), 0, 0, ""), "", new RevealBody("", SettleBy: 2_000), "", new DeploymentBody("", "", "", "")),
        new Agreement("s"));

    [Fact]
    public void The_one_that_the_chain_paid_for_holds() => PaidReceipt.Problem(ReceiptOf(Id), Signed, Payment(ReceiptOf(Id)), Now).ShouldBeNull();

    [Fact]
    public void Another_one_does_not() =>
        PaidReceipt.Problem(ReceiptOf(Id, "forged"), Signed, Payment(ReceiptOf(Id)), Now).ShouldBe("the receipt is not the one that the chain paid for");

    [Fact]
    public void Nor_one_of_another_job() => PaidReceipt.Problem(ReceiptOf(new JobId(Guid.NewGuid())), Signed, Payment(ReceiptOf(Id)), Now)!.ShouldStartWith("the receipt is of job-");

    [Theory]
    [InlineData(PaymentStatus.Pending)]
    [InlineData(PaymentStatus.Refunded)]
    public void Nor_one_of_a_payment_that_was_not_made(PaymentStatus status) =>
        PaidReceipt.Problem(ReceiptOf(Id), Signed, Payment(ReceiptOf(Id)) with { Status = status }, Now)!.ShouldContain($"the payment is {status}");

    [Fact]
    public void A_payment_that_is_not_there_was_not_made_unless_it_may_have_been_let_go_of()
    {
        PaidReceipt.Problem(ReceiptOf(Id), Signed, null, Now)!.ShouldContain("the chain has no such payment");
        PaidReceipt.Problem(ReceiptOf(Id), Signed, null, DateTimeOffset.FromUnixTimeSeconds(2_001)).ShouldBeNull();
    }

    private static Receipt ReceiptOf(JobId job, string content = "x") => new(
        job, Intent, new NodeId(Guid.Empty), 1, 1, Job.Hash(), "sha256:x", Hash256.Zero, Hash256.Zero, 1, 2, 0, false, false, Hash256.Zero, 0, Hash256.Zero,
        [new Artifact("out.txt", Hash256.Of(System.Text.Encoding.UTF8.GetBytes(content)), content.Length)], [], 0, 0, Hash256.Zero, Hash256.Zero);

    private static PaymentIntentAccount Payment(Receipt receipt)
    {
        var key = new PublicKey(new byte[32]);
        return new(
            Intent.Value, Id.Value, key, key, key, 10, PaymentStatus.Completed, PaymentVia.SignedIntent, 0, 0, 1, key, 0, 0, 2_000, 3_000, 900, 5,
            receipt.Hash().ToBytes(), new byte[32]);
    }
}

using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Tests;

public sealed class ReceiptTests
{
    [Theory]
    [InlineData(JobStateNames.Paid)]
    [InlineData(JobStateNames.Refunded)]
    public async Task An_ended_jobs_owner_gets_the_receipt_word_for_word_with_the_key_that_signed_it(string state)
    {
        await using var host = await ApiHost.StartAsync();
        var (id, receipt) = await FinishedAsync(host, state);
        var alice = await host.SignInAsync(TestWallet.Alice);

        var answer = await ApiHost.JsonOfAsync(await alice.GetAsync($"/api/jobs/{id}/receipt"));

        CanonicalJson.Canonicalize(answer["receipt"]).ShouldBe(CanonicalJson.Serialize(receipt));
        answer["hash"]!.GetValue<string>().ShouldBe(receipt.Hash().ToString());
        answer["nodeKey"]!.GetValue<string>().ShouldBe(TestWallet.Node.Address.ToString());
        var signed = answer["receipt"].Deserialize<Receipt>(ContractJson.Options)!;
        TestWallet.Verify(TestWallet.Node.Address, signed.SigningBytes(), answer["signature"]!.GetValue<string>()).ShouldBeTrue();
    }

    [Fact]
    public async Task A_running_job_keeps_its_challenge_to_itself()
    {
        await using var host = await ApiHost.StartAsync();
        var (id, _) = await FinishedAsync(host, JobStateNames.Verified);
        var alice = await host.SignInAsync(TestWallet.Alice);

        var answer = await alice.GetAsync($"/api/jobs/{id}/receipt");

        await ShouldRefuseAsync(answer, HttpStatusCode.Conflict, "not-finished");
        answer.Headers.RetryAfter.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_job_that_nobody_ran_has_no_receipt()
    {
        await using var host = await ApiHost.StartAsync();
        var id = JobId.Parse(await Bodies.SubmittedJobAsync(host, TestWallet.Alice));
        host.Jobs.Move(id, JobStateNames.Refunded);
        var alice = await host.SignInAsync(TestWallet.Alice);

        await ShouldRefuseAsync(await alice.GetAsync($"/api/jobs/{id}/receipt"), HttpStatusCode.NotFound, "no-receipt");
    }

    [Fact]
    public async Task Another_wallet_does_not_learn_that_there_is_one()
    {
        await using var host = await ApiHost.StartAsync();
        var (id, _) = await FinishedAsync(host, JobStateNames.Paid);
        var bob = await host.SignInAsync(TestWallet.Bob);

        await ShouldRefuseAsync(await bob.GetAsync($"/api/jobs/{id}/receipt"), HttpStatusCode.NotFound, "not-found");
    }

    private static async Task ShouldRefuseAsync(HttpResponseMessage answer, HttpStatusCode status, string kind)
    {
        answer.StatusCode.ShouldBe(status);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await ApiHost.JsonOfAsync(answer))["type"]!.GetValue<string>().ShouldBe($"urn:hypernode:problem:{kind}");
    }

    private static async Task<(JobId Id, Receipt Receipt)> FinishedAsync(ApiHost host, string state)
    {
        var id = JobId.Parse(await Bodies.SubmittedJobAsync(host, TestWallet.Alice));
        host.Jobs.Move(id, state, job => job with { Attempt = 2 });
        var job = host.Jobs.All[id];
        var node = new NodeId(Guid.NewGuid());
        host.Nodes.All[node] = new NodeView(
            node, TestWallet.Node.Address, TestWallet.Node.Address, "node", NodeStatus.Active, new NodeOffer(1, 1, 1, HyperAmount.Zero, [], []), 0, 0, default, host.Clock.Now, null);
        Artifact[] artifacts = [new("größe <1>.txt", Hash256.Of("x"u8), 1)];
        var receipt = new Receipt(
            id, job.Intent.IntentId, node, 2, 2, job.SpecHash, Bodies.Image, default, Hash256.Of("challenge"u8), 1, 2, 0, false, false,
            Hash256.Of("log"u8), 3, Receipt.RootOf(artifacts), artifacts, [], 0, 0, default, default);
        host.Evidence.Receipts[(id, 2)] = new StoredReceipt(receipt, Base58.Encode(TestWallet.Node.Sign(receipt.SigningBytes())), host.Clock.Now);
        return (id, receipt);
    }
}

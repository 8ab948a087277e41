using System.Net;
using System.Text.Json.Nodes;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Jobs;

namespace Hypernode.Api.Tests;

/// <summary>Jobs whose payer signs a transaction instead of a text.</summary>
public sealed class SubmitTransactionTests
{
    [Fact]
    public async Task A_signed_transaction_is_accepted_and_its_repeat_is_answered_alike()
    {
        await using var host = await ApiHost.StartAsync();
        var body = await Bodies.TransactionAsync(host, TestWallet.Alice);

        var answer = await Bodies.SubmitAsync(host, body);

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
        var first = await ApiHost.JsonOfAsync(answer);
        var stored = host.Jobs.All[JobId.Parse(first["jobId"]!.GetValue<string>())];
        stored.IntentSignature.Blockhash.ShouldNotBeNull("the transaction can be built again from it");
        var second = await Bodies.SubmitAsync(host, body);
        (await ApiHost.JsonOfAsync(second)).ToJsonString().ShouldBe(first.ToJsonString());
    }

    [Fact]
    public async Task A_transaction_that_another_wallet_signed_is_no_payment()
    {
        await using var host = await ApiHost.StartAsync();
        await ShouldBeRefusedAsync(host, await Bodies.TransactionAsync(host, TestWallet.Alice, signer: TestWallet.Bob));
    }

    [Fact]
    public async Task A_transaction_that_was_changed_is_no_payment()
    {
        await using var host = await ApiHost.StartAsync();
        var body = await Bodies.TransactionAsync(host, TestWallet.Alice);
        var bytes = Convert.FromBase64String(body["transaction"]!.GetValue<string>());
        bytes[^1] ^= 1;
        body["transaction"] = Convert.ToBase64String(bytes);
        await ShouldBeRefusedAsync(host, body);
    }

    [Fact]
    public async Task A_transaction_for_an_earlier_settle_by_is_no_payment()
    {
        await using var host = await ApiHost.StartAsync();
        var body = await Bodies.TransactionAsync(host, TestWallet.Alice);
        var reveal = body["reveal"]!;
        reveal["settleBy"] = reveal["settleBy"]!.GetValue<long>() + 1;
        (await Bodies.SubmitAsync(host, body)).StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        host.Jobs.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_transaction_of_another_job_is_no_payment()
    {
        await using var host = await ApiHost.StartAsync();
        var body = await Bodies.TransactionAsync(host, TestWallet.Alice);
        body["job"]!["estimatedTime"] = 29;
        (await Bodies.SubmitAsync(host, body)).StatusCode.ShouldBe(HttpStatusCode.PaymentRequired, "its memo commits to the job");
        host.Jobs.All.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("not base64", "malformed")]
    [InlineData("", "empty")]
    [InlineData("AAAA AAAA", "malformed")]
    [InlineData("AAB=", "malformed")]
    public async Task Text_that_is_no_base64_is_a_wrong_field(string text, string code)
    {
        await using var host = await ApiHost.StartAsync();
        var body = await Bodies.TransactionAsync(host, TestWallet.Alice);
        body["transaction"] = text;
        var error = (await ErrorsAsync(await Bodies.SubmitAsync(host, body), HttpStatusCode.BadRequest))[0]!;
        error["pointer"]!.GetValue<string>().ShouldBe("/transaction");
        error["code"]!.GetValue<string>().ShouldContain(code);
    }

    [Fact]
    public async Task More_bytes_than_a_transaction_can_have_are_a_wrong_field()
    {
        await using var host = await ApiHost.StartAsync();
        var body = await Bodies.TransactionAsync(host, TestWallet.Alice);
        body["transaction"] = Convert.ToBase64String(new byte[1_236]);
        (await ErrorsAsync(await Bodies.SubmitAsync(host, body), HttpStatusCode.BadRequest))[0]!["pointer"]!.GetValue<string>().ShouldBe("/transaction");
    }

    [Fact]
    public async Task Signature_and_transaction_together_are_refused_and_neither_is_unpaid()
    {
        await using var host = await ApiHost.StartAsync();
        var both = await Bodies.TransactionAsync(host, TestWallet.Alice);
        both["signature"] = TestWallet.Alice.Sign("text");
        (await ErrorsAsync(await Bodies.SubmitAsync(host, both), HttpStatusCode.BadRequest))[0]!["pointer"]!.GetValue<string>().ShouldBe("/signature");

        var neither = await Bodies.TransactionAsync(host, TestWallet.Alice);
        neither.Remove("transaction");
        (await Bodies.SubmitAsync(host, neither)).StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
    }

    [Fact]
    public async Task An_unknown_funding_is_a_wrong_field()
    {
        await using var host = await ApiHost.StartAsync();
        var answer = await Bodies.PrepareAsync(host, TestWallet.Alice, Bodies.Job(host), "cash");
        (await ErrorsAsync(answer, HttpStatusCode.BadRequest))[0]!["pointer"]!.GetValue<string>().ShouldBe("/funding");
    }

    [Fact]
    public async Task Without_a_chain_no_transaction_is_made_but_a_text_still_is()
    {
        await using var host = await ApiHost.StartAsync();
        host.Escrow.IsDown = true;
        var refused = await Bodies.PrepareAsync(host, TestWallet.Alice, Bodies.Job(host), "transaction");
        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        refused.Headers.RetryAfter.ShouldNotBeNull();
        (await ApiHost.JsonOfAsync(refused))["type"]!.GetValue<string>().ShouldBe("urn:hypernode:problem:chain-unavailable");
        (await Bodies.PrepareAsync(host, TestWallet.Alice, Bodies.Job(host), "intent")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task ShouldBeRefusedAsync(ApiHost host, JsonObject body)
    {
        var error = (await ErrorsAsync(await Bodies.SubmitAsync(host, body), HttpStatusCode.PaymentRequired))[0]!;
        error["pointer"]!.GetValue<string>().ShouldBe("/transaction");
        host.Jobs.All.ShouldBeEmpty();
    }

    private static async Task<JsonArray> ErrorsAsync(HttpResponseMessage answer, HttpStatusCode expected)
    {
        answer.StatusCode.ShouldBe(expected, await answer.Content.ReadAsStringAsync());
        return (await ApiHost.JsonOfAsync(answer))["errors"]!.AsArray();
    }
}

using System.Net;
using System.Text;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Tests;

public sealed class SubmitJobTests
{
    [Fact]
    public async Task A_signed_intent_is_accepted_and_stored_as_it_was_signed()
    {
        await using var host = await ApiHost.StartAsync();
        var body = await Bodies.SubmissionAsync(host, TestWallet.Alice);

        var answer = await Bodies.SubmitAsync(host, body);

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
        var json = await ApiHost.JsonOfAsync(answer);
        var id = JobId.Parse(json["jobId"]!.GetValue<string>());
        json["state"]!.GetValue<string>().ShouldBe("Submitted");
        json["status"]!.GetValue<string>().ShouldBe("pending");
        answer.Headers.Location!.ToString().ShouldBe($"/api/jobs/{id}");
        var stored = host.Jobs.All[id];
        stored.Intent.Amount.BaseUnits.ShouldBe(2_500_000UL);
        stored.Owner.ShouldBe(TestWallet.Alice.Address);
        stored.SpecHash.ShouldBe(stored.Spec.Hash());
        stored.Intent.Nonce.ShouldBe(IntentNonce.Compute(host.Escrow.Deployment, stored.Owner, stored.SpecHash, stored.SettleBy, stored.Salt));
    }

    [Fact]
    public async Task The_same_body_again_gets_the_same_answer_even_after_its_intent_ran_out()
    {
        await using var host = await ApiHost.StartAsync();
        var body = await Bodies.SubmissionAsync(host, TestWallet.Alice);
        var first = await (await Bodies.SubmitAsync(host, body)).Content.ReadAsStringAsync();

        host.Clock.Now += TimeSpan.FromHours(3);
        host.Blobs.All.Clear();
        var second = await Bodies.SubmitAsync(host, body);

        second.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await second.Content.ReadAsStringAsync()).ShouldBe(first);
        host.Jobs.All.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("intent", "/paymentIntent/intentId", "urn:hypernode:problem:intent-used")]
    [InlineData("nonce", "/paymentIntent/nonce", "urn:hypernode:problem:nonce-used")]
    [InlineData("job", "/paymentIntent/jobId", "urn:hypernode:problem:job-used")]
    public async Task What_was_used_once_with_another_body_is_a_conflict(string reused, string pointer, string type)
    {
        await using var host = await ApiHost.StartAsync();
        var first = await Bodies.SubmissionAsync(host, TestWallet.Alice);
        (await Bodies.SubmitAsync(host, first)).EnsureSuccessStatusCode();
        var second = reused == "nonce"
            ? (await Bodies.SubmissionAsync(host, TestWallet.Alice)).AsObject()
            : await Bodies.SubmissionAsync(host, TestWallet.Alice, job => job["estimatedTime"] = 31);
        var (from, to) = (first["paymentIntent"]!, second["paymentIntent"]!);
        switch (reused)
        {
            case "intent":
                to["intentId"] = from["intentId"]!.GetValue<string>();
                break;
            case "job":
                to["jobId"] = from["jobId"]!.GetValue<string>();
                break;
            default:
                to["nonce"] = from["nonce"]!.GetValue<string>();
                second["reveal"] = first["reveal"]!.DeepClone();
                break;
        }

        Signing.Resign(second, TestWallet.Alice);
        var answer = await Bodies.SubmitAsync(host, second);

        answer.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        var problem = await ApiHost.JsonOfAsync(answer);
        problem["type"]!.GetValue<string>().ShouldBe(type);
        problem["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe(pointer);
        host.Jobs.All.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_402_says_what_to_sign_and_with_which_nonce()
    {
        await using var host = await ApiHost.StartAsync();
        var body = await Bodies.SubmissionAsync(host, TestWallet.Alice);
        body["signature"] = TestWallet.Alice.Sign("something else");

        var answer = await Bodies.SubmitAsync(host, body);

        answer.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var next = (await ApiHost.JsonOfAsync(answer))["next"]!;
        next["prepare"]!.GetValue<string>().ShouldBe("/api/facilitator/prepare-intent");
        next["nonce"]!.GetValue<string>().ShouldBe(body["paymentIntent"]!["nonce"]!.GetValue<string>());
        body["signature"] = TestWallet.Alice.Sign(next["signingText"]!.GetValue<string>());
        (await Bodies.SubmitAsync(host, body)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task A_prepared_intent_can_be_checked_by_the_client_before_it_signs()
    {
        await using var host = await ApiHost.StartAsync();
        var answer = await host.Anonymous.PostAsync("/api/facilitator/prepare-intent", ApiHost.Json(
            $$"""{"client":"{{TestWallet.Alice.Address}}","amount":100,"job":{{Bodies.Job(host).ToJsonString()}},"lifetimeSeconds":60}"""));

        var prepared = await ApiHost.JsonOfAsync(answer);

        var specHash = Hash256.Of(Encoding.UTF8.GetBytes(prepared["canonicalSpec"]!.GetValue<string>()));
        specHash.ToString().ShouldBe(prepared["specHash"]!.GetValue<string>());
        var intent = prepared["paymentIntent"]!;
        var reveal = prepared["reveal"]!;
        IntentNonce.Compute(
            host.Escrow.Deployment,
            TestWallet.Alice.Address,
            specHash,
            reveal["settleBy"]!.GetValue<long>(),
            Hash256.Parse(reveal["salt"]!.GetValue<string>())).ToString().ShouldBe(intent["nonce"]!.GetValue<string>());
        intent["amount"]!.GetValue<string>().ShouldBe("100.0");
        (intent["expiresAt"]!.GetValue<long>() - intent["timestamp"]!.GetValue<long>()).ShouldBe(60_000);
        prepared["runLimitSeconds"]!.GetValue<long>().ShouldBe(45);
        prepared["text"]!.GetValue<string>().ShouldContain("Amount: 100.0 HYPER");
        host.ShouldHaveNothing();
    }

    [Fact]
    public async Task Amounts_are_read_from_their_own_characters()
    {
        await using var host = await ApiHost.StartAsync();
        var body = await Bodies.SubmissionAsync(host, TestWallet.Alice);

        // As binary floating point this number has no six exact decimals.
        var text = body.ToJsonString().Replace("\"amount\":\"2.5\"", "\"amount\":9007199254.740993", StringComparison.Ordinal);
        body["paymentIntent"]!["amount"] = "9007199254.740993";
        Signing.Resign(body, TestWallet.Alice);
        var signed = text.Replace(
            System.Text.RegularExpressions.Regex.Match(text, "\"signature\":\"[^\"]+\"").Value,
            $"\"signature\":\"{body["signature"]}\"",
            StringComparison.Ordinal);
        var answer = await host.Anonymous.PostAsync("/api/facilitator/submit-job", ApiHost.Json(signed));

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
        host.Jobs.All.Values.Single().Intent.Amount.BaseUnits.ShouldBe(9_007_199_254_740_993UL);
    }
}

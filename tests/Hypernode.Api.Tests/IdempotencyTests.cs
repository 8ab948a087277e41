using System.Net;
using Hypernode.Api.Tests.Fakes;

namespace Hypernode.Api.Tests;

/// <summary>The header Idempotency-Key.</summary>
public sealed class IdempotencyTests
{
    [Fact]
    public async Task The_same_request_gets_the_answer_that_was_kept_and_another_is_a_conflict()
    {
        await using var host = await ApiHost.StartAsync();
        var (first, other) = (await Bodies.SubmissionAsync(host, TestWallet.Alice), await Bodies.SubmissionAsync(host, TestWallet.Alice));

        var answer = await SubmitAsync(host, "k-1", first.ToJsonString());
        var again = await SubmitAsync(host, "k-1", first.ToJsonString());

        (answer.StatusCode, again.StatusCode).ShouldBe((HttpStatusCode.Accepted, HttpStatusCode.Accepted));
        (await again.Content.ReadAsStringAsync()).ShouldBe(await answer.Content.ReadAsStringAsync());
        again.Headers.Location.ShouldBe(answer.Headers.Location);
        again.Headers.GetValues("Idempotent-Replayed").ShouldBe(["true"]);
        answer.Headers.Contains("Idempotent-Replayed").ShouldBeFalse();
        var conflict = await SubmitAsync(host, "k-1", other.ToJsonString());
        conflict.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await conflict.Content.ReadAsStringAsync()).ShouldContain("urn:hypernode:problem:key-reused");
        host.Jobs.All.Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_was_refused_is_not_kept()
    {
        await using var host = await ApiHost.StartAsync();

        (await SubmitAsync(host, "k-1", "{}")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        host.Repeats.Count.ShouldBe(0);
        (await SubmitAsync(host, "k-1", (await Bodies.SubmissionAsync(host, TestWallet.Alice)).ToJsonString())).StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task A_twin_of_a_request_under_way_is_told_to_come_again()
    {
        await using var host = await ApiHost.StartAsync();
        var body = (await Bodies.SubmissionAsync(host, TestWallet.Alice)).ToJsonString();
        (await SubmitAsync(host, "k-1", body)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        host.Repeats.Unanswer();

        var twin = await SubmitAsync(host, "k-1", body);

        twin.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        twin.Headers.RetryAfter.ShouldNotBeNull();
        host.Clock.Now += TimeSpan.FromMinutes(3); // the first was cut off
        (await SubmitAsync(host, "k-1", body)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Two_callers_equal_keys_have_nothing_to_do_with_each_other_and_a_day_later_a_key_is_free()
    {
        await using var host = await ApiHost.StartAsync();
        var (alices, bobs) = (await Bodies.SubmittedJobAsync(host, TestWallet.Alice), await Bodies.SubmittedJobAsync(host, TestWallet.Bob));
        var (alice, bob) = (await host.SignInAsync(TestWallet.Alice), await host.SignInAsync(TestWallet.Bob));

        (await CancelAsync(alice, alices)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await CancelAsync(bob, bobs)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        host.Messages.Sent.Count.ShouldBe(2);
        (await CancelAsync(alice, alices)).Headers.Contains("Idempotent-Replayed").ShouldBeTrue();
        host.Messages.Sent.Count.ShouldBe(2);
        host.Clock.Now += TimeSpan.FromHours(25);
        var late = await host.SignInAsync(TestWallet.Alice);
        (await CancelAsync(late, alices)).Headers.Contains("Idempotent-Replayed").ShouldBeFalse();

        static Task<HttpResponseMessage> CancelAsync(HttpClient client, string job) => SendAsync(client, "same", $"/api/jobs/cancel/{job}", "{}");
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("ünicode")]
    public async Task A_key_that_is_none_is_refused(string key)
    {
        await using var host = await ApiHost.StartAsync();
        (await SubmitAsync(host, key, "{}")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await SubmitAsync(host, new string('k', 129), "{}")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        host.Repeats.Count.ShouldBe(0);
    }

    private static Task<HttpResponseMessage> SubmitAsync(ApiHost host, string key, string body) =>
        SendAsync(host.Anonymous, key, "/api/facilitator/submit-job", body);

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, string key, string path, string body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = ApiHost.Json(body) };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return client.SendAsync(request);
    }
}

using System.Net;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Text;

namespace Hypernode.Client.Tests;

/// <summary>What is sent again, and what never.</summary>
public sealed class RetryTests
{
    private const string Stats = """{"total":1,"slots":1,"busySlots":0}""";
    private const string Away = """{"type":"urn:hypernode:problem:storage-unavailable","title":"Service Unavailable","status":503,"detail":"away"}""";

    [Fact]
    public async Task Reading_goes_on_after_what_passes()
    {
        using var server = new Answering(Answering.Nothing(), Answering.Json(HttpStatusCode.ServiceUnavailable, Away), Answering.Json(HttpStatusCode.OK, Stats));
        using var client = server.Client();

        (await client.NodeStatsAsync()).Total.ShouldBe(1);

        server.Asked.Count.ShouldBe(3);
    }

    [Fact]
    public async Task After_the_last_try_the_refusal_is_told_with_its_word()
    {
        using var server = new Answering(Answering.Json(HttpStatusCode.ServiceUnavailable, Away));
        using var client = server.Client(new ClientOptions { MaxTries = 3, RetryDelay = TimeSpan.Zero });

        var refusal = await Should.ThrowAsync<RefusedException>(() => client.NodeStatsAsync());

        (refusal.Status, refusal.Kind).ShouldBe((503, "storage-unavailable"));
        server.Asked.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.BadRequest)]
    [InlineData(HttpStatusCode.InternalServerError)]
    public async Task What_will_not_pass_is_not_asked_again(HttpStatusCode status)
    {
        using var server = new Answering(Answering.Json(status, "<html>"));
        using var client = server.Client();

        (await Should.ThrowAsync<RefusedException>(() => client.NodeStatsAsync())).Kind.ShouldBeNull();

        server.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_signed_challenge_is_sent_once()
    {
        using var server = new Answering(Answering.Json(HttpStatusCode.OK, """{"challenge":"sign me","expiresAt":1}"""), Answering.Nothing());
        using var client = server.Client();
        var wallet = new WalletSigner(WalletAddress.FromBytes(Hash256.Of("wallet"u8).ToBytes()), (_, _) => new(new byte[64]));

        await Should.ThrowAsync<HttpRequestException>(() => client.SignInAsync(wallet));

        server.Asked.Select(a => a.Line).ShouldBe(["POST /api/auth/challenge", "POST /api/auth/login"]);
    }

    [Fact]
    public async Task A_cancellation_is_repeated_under_its_key()
    {
        using var server = new Answering(Answering.Nothing(), Answering.Json(HttpStatusCode.Accepted, """{"jobId":"job-1","state":"Matching","status":"pending"}"""));
        using var client = server.Client();

        await client.CancelAsync("job-1", "my-key");

        server.Asked.ShouldBe([("POST /api/jobs/cancel/job-1", "my-key", null), ("POST /api/jobs/cancel/job-1", "my-key", null)]);
    }

    [Fact]
    public async Task A_request_whose_first_answer_was_lost_waits_for_it()
    {
        using var server = new Answering(
            Answering.Nothing(),
            Answering.Json(HttpStatusCode.Conflict, """{"type":"urn:hypernode:problem:under-way","status":409,"detail":"still being answered"}"""),
            Answering.Json(HttpStatusCode.Accepted, """{"jobId":"job-1","state":"Matching","status":"pending"}"""));
        using var client = server.Client();

        (await client.CancelAsync("job-1", "my-key")).State.ShouldBe("Matching");
    }

    [Fact]
    public async Task Another_conflict_is_none_that_passes_and_a_503_is_not_sent_twice_where_that_is_not_safe()
    {
        using var conflict = new Answering(Answering.Json(HttpStatusCode.Conflict, """{"type":"urn:hypernode:problem:too-late","status":409,"detail":"over"}"""));
        using var late = conflict.Client();
        (await Should.ThrowAsync<RefusedException>(() => late.CancelAsync("job-1", "my-key"))).Kind.ShouldBe("too-late");
        conflict.Asked.Count.ShouldBe(1);

        using var away = new Answering(Answering.Json(HttpStatusCode.OK, """{"challenge":"sign me","expiresAt":1}"""), Answering.Json(HttpStatusCode.ServiceUnavailable, Away));
        using var client = away.Client();
        await Should.ThrowAsync<RefusedException>(() => client.SignInAsync(new WalletSigner(WalletAddress.FromBytes(Hash256.Of("wallet"u8).ToBytes()), (_, _) => new(new byte[64]))));
        away.Asked.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_server_that_asks_for_too_long_a_wait_is_not_waited_for()
    {
        using var server = new Answering(request =>
        {
            var answer = Answering.Json(HttpStatusCode.TooManyRequests, Away)(request);
            answer.Headers.RetryAfter = new(TimeSpan.FromHours(1));
            return answer;
        });
        using var client = server.Client();

        (await Should.ThrowAsync<RefusedException>(() => client.NodeStatsAsync())).RetryAfter.ShouldBe(TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task Who_cancels_waits_no_longer()
    {
        using var server = new Answering(Answering.Json(HttpStatusCode.ServiceUnavailable, Away));
        using var client = server.Client(new ClientOptions { RetryDelay = TimeSpan.FromHours(1), LongestDelay = TimeSpan.FromHours(2) });
        using var end = new CancellationTokenSource();

        var asking = client.NodeStatsAsync(end.Token);
        await end.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => asking);
    }
}

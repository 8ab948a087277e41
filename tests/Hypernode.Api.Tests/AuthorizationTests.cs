using System.Net;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;

namespace Hypernode.Api.Tests;

/// <summary>Who may do what. Another wallet's job does not exist for one: 404, word for word as for an id that was never used.</summary>
public sealed class AuthorizationTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private const string Unused = "job-00000000-0000-4000-8000-0000000000ff";

    public static TheoryData<string, string, int, int, int> Routes => new()
    {
        // method, route, anonymous, another wallet, the owner
        { "GET", "/api/jobs", 401, 200, 200 },
        { "GET", "/api/jobs/{job}", 401, 404, 200 },
        { "POST", "/api/jobs/cancel/{job}", 401, 404, 202 },
        { "GET", "/api/jobs/{job}/logs", 401, 404, 200 },
        { "GET", "/api/jobs/{job}/result", 401, 404, 409 },
        { "GET", "/api/jobs/{job}/receipt", 401, 404, 409 },
        { "GET", $"/api/jobs/{Unused}", 401, 404, 404 },
        { "GET", "/api/jobs/nonsense", 401, 404, 404 },
        { "POST", $"/api/jobs/cancel/{Unused}", 401, 404, 404 },
        { "POST", "/api/blobs", 401, 201, 201 },
        { "POST", "/api/auth/verify", 401, 200, 200 },
        { "GET", "/api/nodes", 200, 200, 200 },
        { "GET", "/api/stats/network", 200, 200, 200 },
        { "GET", "/api/stats/nodes", 200, 200, 200 },
        { "GET", "/api/stats/jobs", 200, 200, 200 },
        { "GET", "/api/facilitator/stats", 200, 200, 200 },
        { "GET", "/api/facilitator/payment-intent/{intent}", 200, 200, 200 },
        { "GET", "/health/live", 200, 200, 200 },
        { "GET", "/health/ready", 200, 200, 200 },
        { "GET", "/openapi/v1.json", 200, 200, 200 },
        { "GET", "/api/nothing", 404, 404, 404 },
        { "DELETE", "/api/jobs", 405, 405, 405 },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Each_caller_gets_what_is_theirs(string method, string route, int anonymous, int other, int owner)
    {
        var host = shared.Host;
        var job = await Bodies.SubmittedJobAsync(host, TestWallet.Alice);
        var path = route
            .Replace("{job}", job, StringComparison.Ordinal)
            .Replace("{intent}", host.Jobs.All[JobId.Parse(job)].Intent.IntentId.ToString(), StringComparison.Ordinal);

        (await SendAsync(host.Anonymous)).ShouldBe((HttpStatusCode)anonymous);
        host.Messages.Sent.ShouldNotContain(new CancelRequested(JobId.Parse(job)));
        (await SendAsync(shared.Bob)).ShouldBe((HttpStatusCode)other);
        host.Messages.Sent.ShouldNotContain(new CancelRequested(JobId.Parse(job)));
        (await SendAsync(shared.Alice)).ShouldBe((HttpStatusCode)owner);

        async Task<HttpStatusCode> SendAsync(HttpClient client)
        {
            var answer = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
            if (!answer.IsSuccessStatusCode)
            {
                answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
            }

            answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task Another_wallets_job_looks_like_one_that_never_was()
    {
        var host = shared.Host;
        var job = await Bodies.SubmittedJobAsync(host, TestWallet.Alice);
        var bob = shared.Bob;

        var theirs = await bob.GetStringOrProblemAsync($"/api/jobs/{job}");
        var nobodys = await bob.GetStringOrProblemAsync($"/api/jobs/{Unused}");

        theirs.ShouldBe(nobodys);
    }
}

internal static class HttpClientReading
{
    public static async Task<string> GetStringOrProblemAsync(this HttpClient client, string path) =>
        await (await client.GetAsync(path)).Content.ReadAsStringAsync();
}

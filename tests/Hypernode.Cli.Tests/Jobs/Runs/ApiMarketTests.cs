using System.Net;
using Hypernode.Cli.Client;
using Hypernode.Cli.Jobs.Runs;
using Hypernode.Solana;

namespace Hypernode.Cli.Tests.Jobs.Runs;

public sealed class ApiMarketTests
{
    [Fact]
    public async Task A_session_that_has_run_out_is_begun_anew_and_a_job_that_nobody_knows_is_none()
    {
        using var wallet = new Account();
        using var server = new Sessions();
        using var api = new ApiClient(new HttpClient(server) { BaseAddress = new Uri("http://test") });
        var market = new ApiMarket(api, null!, wallet, Funding.Intent, TimeProvider.System);

        (await market.FindAsync("job-1", default)).ShouldBeNull();
        server.Asked.ShouldBe(["/api/jobs/job-1", "/api/auth/challenge", "/api/auth/login", "/api/jobs/job-1"]);
    }

    [Fact]
    public async Task A_session_that_is_refused_again_is_refused()
    {
        using var wallet = new Account();
        using var server = new Sessions { Token = "wrong" };
        using var api = new ApiClient(new HttpClient(server) { BaseAddress = new Uri("http://test") });
        (await Should.ThrowAsync<RefusedException>(() => new ApiMarket(api, null!, wallet, Funding.Intent, TimeProvider.System).FindAsync("job-1", default))).Status.ShouldBe(401);
        server.Asked.Count.ShouldBe(4);
    }

    private sealed class Sessions : HttpMessageHandler
    {
        public string Token { get; set; } = "right";

        public List<string> Asked { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var path = request.RequestUri!.AbsolutePath;
            Asked.Add(path);
            return Task.FromResult(path switch
            {
                "/api/auth/challenge" => Json("""{"challenge":"sign this"}"""),
                "/api/auth/login" => Json($$"""{"token":"{{Token}}"}"""),
                _ => new HttpResponseMessage(request.Headers.Authorization?.Parameter == "right" ? HttpStatusCode.NotFound : HttpStatusCode.Unauthorized) { Content = new StringContent("") },
            });
        }

        private static HttpResponseMessage Json(string text) => new(HttpStatusCode.OK) { Content = new StringContent(text, null, "application/json") };
    }
}

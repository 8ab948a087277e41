using System.Net;
using Hypernode.Api.Http;
using Hypernode.Api.Tests.Fakes;

namespace Hypernode.Api.Tests;

/// <summary>Rates, requests at once, other origins, and answers that a client has already.</summary>
public sealed class LimitsTests
{
    private static readonly Dictionary<string, string?> Few = new(StringComparer.Ordinal)
    {
        ["Hypernode:Api:RequestsPerSecond"] = "1",
        ["Hypernode:Api:RequestBurst"] = "4",
    };

    [Fact]
    public async Task Who_asks_too_often_is_told_when_to_come_again_and_health_is_never_refused()
    {
        await using var host = await ApiHost.StartAsync(Few);
        HttpResponseMessage? last = null;
        for (var i = 0; i < 5; i++)
        {
            last = await host.Anonymous.GetAsync("/api/nodes");
        }

        last!.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        last.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 2);
        (await last.Content.ReadAsStringAsync()).ShouldContain("urn:hypernode:problem:too-many-requests");
        (await host.Anonymous.GetAsync("/health/live")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task One_key_has_no_more_than_so_many_requests_under_way()
    {
        await using var host = await ApiHost.StartAsync(new Dictionary<string, string?>(StringComparer.Ordinal) { ["Hypernode:Api:MaxConcurrentRequests"] = "1" });
        var job = await Bodies.SubmittedJobAsync(host, TestWallet.Alice);
        var (alice, bob) = (await host.SignInAsync(TestWallet.Alice), await host.SignInAsync(TestWallet.Bob));
        var follow = new HttpRequestMessage(HttpMethod.Get, $"/api/jobs/{job}/logs");
        follow.Headers.Accept.ParseAdd("text/event-stream");
        using var following = await alice.SendAsync(follow, HttpCompletionOption.ResponseHeadersRead);

        (await alice.GetAsync("/api/jobs")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await bob.GetAsync("/api/jobs")).StatusCode.ShouldBe(HttpStatusCode.OK);
        host.Jobs.Move(Contracts.Jobs.JobId.Parse(job), Contracts.Jobs.JobStateNames.Paid);
        await following.Content.ReadAsStringAsync(); // to its end
        (await alice.GetAsync("/api/jobs")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public void Buckets_are_apart_fill_again_with_time_and_hold_no_more_than_a_burst()
    {
        var time = new SteppedTime();
        var rates = new RateLimits(time);
        for (var i = 0; i < 3; i++)
        {
            rates.Take("a", perSecond: 2, burst: 3).ShouldBeNull();
        }

        rates.Take("a", 2, 3).ShouldBe(TimeSpan.FromMilliseconds(500));
        rates.Take("b", 2, 3).ShouldBeNull();
        time.Now += TimeSpan.FromMilliseconds(500);
        rates.Take("a", 2, 3).ShouldBeNull();
        rates.Take("a", 2, 3).ShouldNotBeNull();
        time.Now += TimeSpan.FromHours(1);
        for (var i = 0; i < 3; i++)
        {
            rates.Take("a", 2, 3).ShouldBeNull();
        }

        rates.Take("a", 2, 3).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("10.1.2.3", "address 10.1.2.3")]
    [InlineData("::ffff:10.1.2.3", "address 10.1.2.3")]
    [InlineData("2001:db8:1:2:aaaa::1", "address 20010db800010002")]
    [InlineData("2001:db8:1:2:bbbb::9", "address 20010db800010002")]
    public void An_IPv6_network_counts_as_one_caller(string address, string caller) =>
        LimitMiddleware.AddressOf(IPAddress.Parse(address)).ShouldBe(caller);

    [Fact]
    public async Task Only_named_origins_may_call_from_their_pages()
    {
        await using var host = await ApiHost.StartAsync(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Hypernode:Api:CorsOrigins:0"] = "https://app.example",
        });

        (await AskAsync("https://app.example")).Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["https://app.example"]);
        (await AskAsync("https://evil.example")).Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
        var preflight = new HttpRequestMessage(HttpMethod.Options, "/api/jobs");
        preflight.Headers.Add("Origin", "https://app.example");
        preflight.Headers.Add("Access-Control-Request-Method", "GET");
        preflight.Headers.Add("Access-Control-Request-Headers", "authorization");
        var allowed = await host.Anonymous.SendAsync(preflight);
        allowed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        allowed.Headers.GetValues("Access-Control-Allow-Headers").ShouldBe(["authorization"]);

        Task<HttpResponseMessage> AskAsync(string origin)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/api/nodes");
            request.Headers.Add("Origin", origin);
            return host.Anonymous.SendAsync(request);
        }
    }

    [Fact]
    public async Task Without_a_setting_no_origin_may() =>
        (await AskOnceAsync()).Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();

    [Theory]
    [InlineData("/api/jobs")]
    [InlineData("/api/jobs/{job}")]
    [InlineData("/api/jobs/{job}/explain")]
    [InlineData("/api/nodes")]
    [InlineData("/api/stats/network")]
    public async Task What_a_client_has_is_not_sent_again_until_it_changes(string route)
    {
        await using var host = await ApiHost.StartAsync();
        var job = Contracts.Jobs.JobId.Parse(await Bodies.SubmittedJobAsync(host, TestWallet.Alice));
        var alice = await host.SignInAsync(TestWallet.Alice);
        var path = route.Replace("{job}", job.ToString(), StringComparison.Ordinal);

        var first = await alice.GetAsync(path);
        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        var again = await AskAsync(first.Headers.ETag!.ToString());
        again.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await again.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
        again.Headers.ETag.ShouldBe(first.Headers.ETag);
        (await AskAsync("\"another\"")).StatusCode.ShouldBe(HttpStatusCode.OK);
        host.Jobs.Move(job, Contracts.Jobs.JobStateNames.EscrowPending);
        host.Clock.Now += TimeSpan.FromSeconds(1); // sums for everybody are a second old
        (await AskAsync(first.Headers.ETag!.ToString())).StatusCode.ShouldBe(route == "/api/nodes" ? HttpStatusCode.NotModified : HttpStatusCode.OK);

        Task<HttpResponseMessage> AskAsync(string tag)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.IfNoneMatch.ParseAdd(tag);
            return alice.SendAsync(request);
        }
    }

    private static async Task<HttpResponseMessage> AskOnceAsync()
    {
        await using var host = await ApiHost.StartAsync();
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/nodes");
        request.Headers.Add("Origin", "https://app.example");
        return await host.Anonymous.SendAsync(request);
    }

    private sealed class SteppedTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}

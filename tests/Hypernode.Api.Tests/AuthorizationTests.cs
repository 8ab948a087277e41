using System.Net;
using Hypernode.Api.Auth;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Tests;

/// <summary>
/// The access table, cell by cell over the real pipeline: what is expected stands here a second time, by hand. Another wallet's job
/// does not exist for one: 404, word for word as for an id that was never used.
/// </summary>
public sealed class AuthorizationTests(AccessWorld world) : IClassFixture<AccessWorld>
{
    private const string Unused = "job-00000000-0000-4000-8000-0000000000ff";

    private static readonly string[] Columns = ["anonymous", "other", "owner", "node", "operator"];

    /// <summary>Method, route, and the status for: anonymous, another wallet, the owner, the assigned node, an operator.</summary>
    private static readonly (string Method, string Route, int[] Statuses)[] Cells =
    [
        ("POST", "/api/auth/challenge", [400, 400, 400, 400, 400]),
        ("POST", "/api/auth/login", [400, 400, 400, 400, 400]),
        ("POST", "/api/auth/verify", [401, 200, 200, 200, 200]),
        ("POST", "/api/facilitator/prepare-intent", [400, 400, 400, 400, 400]),
        ("POST", "/api/facilitator/submit-job", [400, 400, 400, 400, 400]),
        ("POST", "/api/facilitator/register-node", [400, 400, 400, 400, 400]),
        ("GET", "/api/facilitator/node/{nodeId}", [200, 200, 200, 200, 200]),
        ("GET", "/api/facilitator/payment-intent/{id}", [200, 200, 200, 200, 200]),
        ("GET", "/api/facilitator/stats", [200, 200, 200, 200, 200]),
        ("GET", "/api/facilitator/supported", [200, 200, 200, 200, 200]),
        ("POST", "/api/facilitator/verify", [400, 400, 400, 400, 400]),
        ("POST", "/api/facilitator/settle", [400, 400, 400, 400, 400]),
        ("GET", "/api/jobs", [401, 200, 200, 200, 200]),
        ("GET", "/api/jobs/{jobId}", [401, 404, 200, 200, 404]),
        ("POST", "/api/jobs/cancel/{jobId}", [401, 404, 202, 404, 404]),
        ("GET", "/api/jobs/{jobId}/logs", [401, 404, 200, 404, 404]),
        ("GET", "/api/jobs/{jobId}/result", [401, 404, 409, 404, 404]),
        ("GET", "/api/jobs/{jobId}/receipt", [401, 404, 409, 409, 404]),
        ("GET", "/api/jobs/{jobId}/explain", [401, 404, 200, 200, 200]),
        ("GET", "/api/nodes/{nodeId}/explain", [401, 403, 200, 200, 200]),
        ("POST", "/api/nodes/{nodeId}/drain", [401, 403, 200, 200, 200]),
        ("POST", "/api/nodes/{nodeId}/undrain", [401, 403, 200, 200, 200]),
        ("POST", "/api/facilitator/claim-rewards", [401, 200, 200, 200, 200]),
        ("GET", "/api/nodes/poll-job", [401, 403, 403, 204, 403]),
        ("POST", "/api/nodes/heartbeat", [401, 403, 403, 200, 403]),
        ("POST", "/api/facilitator/complete-job", [401, 403, 403, 400, 403]),
        ("GET", "/api/nodes", [200, 200, 200, 200, 200]),
        ("GET", "/api/nodes/{nodeId}", [200, 200, 200, 200, 200]),
        ("GET", "/api/stats/network", [200, 200, 200, 200, 200]),
        ("GET", "/api/stats/nodes", [200, 200, 200, 200, 200]),
        ("GET", "/api/stats/jobs", [200, 200, 200, 200, 200]),
        ("GET", "/ws", [426, 426, 426, 426, 426]), // its channels: LiveAccessTests
        ("POST", "/api/blobs", [401, 201, 201, 201, 201]),
        ("GET", "/api/blobs/{sha256}", [401, 404, 404, 200, 404]),
        ("PUT", "/api/blobs/{sha256}", [401, 404, 404, 201, 404]),
        ("GET", "/health/live", [200, 200, 200, 200, 200]),
        ("GET", "/health/ready", [200, 200, 200, 200, 200]),
        ("GET", "/openapi/{documentName}.json", [200, 200, 200, 200, 200]),
        ("GET", "/openapi/job.schema.json", [200, 200, 200, 200, 200]),
        ("GET", "/docs", [200, 200, 200, 200, 200]),
    ];

    /// <summary>Not in the table: no such job, no such route, no such method.</summary>
    private static readonly (string Method, string Route, int[] Statuses)[] Beside =
    [
        ("GET", $"/api/jobs/{Unused}", [401, 404, 404, 404, 404]),
        ("GET", "/api/jobs/nonsense", [401, 404, 404, 404, 404]),
        ("POST", $"/api/jobs/cancel/{Unused}", [401, 404, 404, 404, 404]),
        ("GET", "/api/nothing", [404, 404, 404, 404, 404]),
        ("DELETE", "/api/jobs", [405, 405, 405, 405, 405]),
    ];

    public static TheoryData<string, string, string, int> All()
    {
        var all = new TheoryData<string, string, string, int>();
        foreach (var (method, route, statuses) in Cells.Concat(Beside))
        {
            for (var i = 0; i < Columns.Length; i++)
            {
                all.Add(method, route, Columns[i], statuses[i]);
            }
        }

        return all;
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Each_caller_gets_what_is_theirs(string method, string route, string caller, int expected)
    {
        var host = world.Host;
        var job = await world.RunningJobAsync();

        var answer = await world.Callers[caller].SendAsync(new HttpRequestMessage(new HttpMethod(method), PathOf(method, route, job))
        {
            Content = method == "GET" ? null : ApiHost.Json("{}"),
        });

        answer.StatusCode.ShouldBe((HttpStatusCode)expected, await answer.Content.ReadAsStringAsync());
        host.Messages.Sent.Contains(new CancelRequested(job)).ShouldBe(expected == 202);
        answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        if (!answer.IsSuccessStatusCode)
        {
            answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        }
    }

    [Fact]
    public void Every_route_that_is_mapped_is_walked_here() =>
        world.Host.Routes.ShouldBe(Cells.Select(c => $"{c.Method} {c.Route}"), ignoreOrder: true);

    [Fact]
    public void Every_route_has_its_row() =>
        world.Host.Routes.Except(AccessTable.Rules.Select(r => $"{r.Method} {r.Route}"), StringComparer.Ordinal).ShouldBeEmpty();

    /// <summary>A cell of the table and its statuses say the same; but for files, where the lease decides.</summary>
    [Fact]
    public void Who_is_allowed_is_not_refused_and_who_is_not_is()
    {
        foreach (var (method, route, statuses) in Cells.Where(c => !c.Route.EndsWith("/{sha256}", StringComparison.Ordinal)))
        {
            var rule = AccessTable.Of(method, route);
            Callers[] roles =
            [
                Callers.Anonymous,
                Callers.Wallet,
                Callers.Wallet | Callers.Owner,
                Callers.Wallet | Callers.Node,
                Callers.Wallet | Callers.Operator,
            ];
            for (var i = 0; i < roles.Length; i++)
            {
                var refused = statuses[i] is 401 or 403 or 404;
                refused.ShouldBe((rule.Allowed & roles[i]) == Callers.None, $"{method} {route} for {Columns[i]}");
            }
        }
    }

    [Fact]
    public async Task Another_wallets_job_looks_like_one_that_never_was_to_strangers_and_to_other_nodes()
    {
        var job = await world.RunningJobAsync();
        foreach (var client in new[] { world.Callers["other"], world.AnotherNode })
        {
            var theirs = await client.GetAsync($"/api/jobs/{job}");
            var nobodys = await client.GetAsync($"/api/jobs/{Unused}");

            theirs.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            (await theirs.Content.ReadAsStringAsync()).ShouldBe(await nobodys.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task A_node_sees_a_job_no_longer_than_it_has_it()
    {
        var job = await world.RunningJobAsync();
        (await world.Callers["node"].GetAsync($"/api/jobs/{job}")).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Host.Jobs.Move(job, JobStateNames.Matching, j => j with { AssignedNode = null });

        (await world.Callers["node"].GetAsync($"/api/jobs/{job}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public void A_route_that_nobody_wrote_a_row_for_lets_nobody_in() => AccessTable.Of("GET", "/api/new").Allowed.ShouldBe(Callers.None);

    private string PathOf(string method, string route, JobId job) => route
        .Replace("{jobId}", job.ToString(), StringComparison.Ordinal)
        .Replace("{nodeId}", AccessWorld.NodeId.ToString(), StringComparison.Ordinal)
        .Replace("{sha256}", $"{Hash256.Of(method == "GET" ? Bodies.Input : "{}"u8)}?job={job}&attempt=1", StringComparison.Ordinal)
        .Replace("{documentName}", "v1", StringComparison.Ordinal)
        .Replace("{id}", world.Host.Jobs.All[job].Intent.IntentId.ToString(), StringComparison.Ordinal);
}

using System.Diagnostics.Metrics;
using System.Net;
using System.Text.Json.Nodes;
using Hypernode.Api.Auth;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hypernode.Api.Tests;

/// <summary>Blobs, health, statistics, the document, and what happens when something breaks.</summary>
public sealed class EdgeTests
{
    [Fact]
    public async Task A_file_is_stored_under_its_own_hash()
    {
        await using var host = await ApiHost.StartAsync();
        var alice = await host.SignInAsync(TestWallet.Alice);

        var answer = await alice.PostAsync("/api/blobs", new ByteArrayContent("hello"u8.ToArray()));

        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var json = await ApiHost.JsonOfAsync(answer);
        json["sha256"]!.GetValue<string>().ShouldBe(Hash256.Of("hello"u8).ToString());
        json["bytes"]!.GetValue<long>().ShouldBe(5);
    }

    [Fact]
    public async Task A_file_over_the_limit_is_refused_with_or_without_its_length()
    {
        await using var host = await ApiHost.StartAsync();
        var alice = await host.SignInAsync(TestWallet.Alice);

        (await alice.PostAsync("/api/blobs", new ByteArrayContent(new byte[2_049]))).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        var unknown = new HttpRequestMessage(HttpMethod.Post, "/api/blobs") { Content = new StreamContent(new MemoryStream(new byte[2_049])) };
        unknown.Headers.TransferEncodingChunked = true;
        (await alice.SendAsync(unknown)).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        host.Blobs.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task On_a_real_socket_files_may_be_larger_than_the_servers_default_and_JSON_may_not()
    {
        await using var host = await ApiHost.StartAsync(
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["Hypernode:Api:MaxBlobBytes"] = "41943040" },
            onSocket: true);
        var alice = await host.SignInAsync(TestWallet.Alice);

        (await alice.PostAsync("/api/blobs", new ByteArrayContent(new byte[32 * 1024 * 1024]))).StatusCode.ShouldBe(HttpStatusCode.Created);
        var large = await alice.PostAsync("/api/facilitator/submit-job", ApiHost.Json(new string(' ', 300 * 1024)));
        large.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        large.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await Bodies.SubmitAsync(host, await Bodies.SubmissionAsync(host, TestWallet.Alice))).StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task A_refused_intent_leaves_nothing_but_a_count()
    {
        var counts = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var host = await ApiHost.StartAsync();
        var meters = host.MeterFactory;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Scope == meters && instrument.Name == "hypernode.api.intents")
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => counts.Enqueue(tags[0].Value!.ToString()!));
        listener.Start();
        var body = await Bodies.SubmissionAsync(host, TestWallet.Alice);
        var signature = body["signature"]!.GetValue<string>();

        body["signature"] = TestWallet.Bob.Sign("something else");
        await Bodies.SubmitAsync(host, body);
        host.ShouldHaveNothing();
        body["signature"] = signature;
        await Bodies.SubmitAsync(host, body);
        await Bodies.SubmitAsync(host, body);

        counts.ShouldBe(["refused", "accepted", "repeated"]);
    }

    [Fact]
    public async Task Ready_tells_names_and_statuses_of_its_checks_but_not_their_secrets()
    {
        await using var host = await ApiHost.StartAsync(more: services => services.AddHealthChecks()
            .AddCheck("storage", () => HealthCheckResult.Healthy())
            .AddCheck("chain", () => HealthCheckResult.Unhealthy("Password=hunter2", new InvalidOperationException("hunter2"))));

        var ready = await host.Anonymous.GetAsync("/health/ready");

        ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        var text = await ready.Content.ReadAsStringAsync();
        text.ShouldBe("""{"status":"unhealthy","checks":[{"name":"chain","status":"unhealthy"},{"name":"storage","status":"healthy"}]}""");
        (await host.Anonymous.GetAsync("/health/live")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_breaks_inside_stays_inside()
    {
        await using var host = await ApiHost.StartAsync(more: services => services.AddSingleton<IJobIntake>(new BrokenIntake()));

        var answer = await Bodies.SubmitAsync(host, await Bodies.SubmissionAsync(host, TestWallet.Alice));

        answer.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        var text = await answer.Content.ReadAsStringAsync();
        text.ShouldContain("urn:hypernode:problem:internal");
        text.ShouldNotContain("hunter2");
        text.ShouldNotContain("InvalidOperation");
    }

    [Fact]
    public async Task A_payment_intent_shows_what_the_chain_says_and_no_secret_of_the_job()
    {
        await using var host = await ApiHost.StartAsync();
        var job = host.Jobs.All[JobId.Parse(await Bodies.SubmittedJobAsync(host, TestWallet.Alice))];
        var path = $"/api/facilitator/payment-intent/{job.Intent.IntentId}";

        (await KnownAsync()).ShouldBe("none");
        host.Escrow.Payments[job.Intent.IntentId] = new EscrowView(
            job.Intent.IntentId, job.Id, job.Owner, TestWallet.Bob.Address, job.Intent.Amount, EscrowStatus.Pending, 0, null, job.SettleBy, default, default, default, "sig");
        (await KnownAsync()).ShouldBe("found");
        host.Escrow.IsDown = true;
        (await KnownAsync()).ShouldBe("unknown");
        var text = await host.Anonymous.GetStringAsync(path);
        text.ShouldNotContain(job.Salt.ToString());
        text.ShouldNotContain(job.IntentSignature.Value);
        text.ShouldNotContain("sort /in");
        (await host.Anonymous.GetAsync("/api/facilitator/payment-intent/nonsense")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        async Task<string> KnownAsync() => (await ApiHost.JsonOfAsync(await host.Anonymous.GetAsync(path)))["onChain"]!["known"]!.GetValue<string>();
    }

    [Fact]
    public async Task Statistics_add_up()
    {
        await using var host = await ApiHost.StartAsync();
        var id = JobId.Parse(await Bodies.SubmittedJobAsync(host, TestWallet.Alice));
        await Bodies.SubmittedJobAsync(host, TestWallet.Bob);
        host.Jobs.Move(id, JobStateNames.Paid, j => j with { Settlement = new Settlement(new(10), new(9), new(1), new(0), new(5)) });

        var jobs = await ApiHost.JsonOfAsync(await host.Anonymous.GetAsync("/api/stats/jobs"));
        jobs["total"]!.GetValue<int>().ShouldBe(2);
        jobs["charged"]!.GetValue<int>().ShouldBe(10);
        jobs["refunded"]!.GetValue<int>().ShouldBe(5);
        var facilitator = await ApiHost.JsonOfAsync(await host.Anonymous.GetAsync("/api/facilitator/stats"));
        facilitator["byStatus"]!.AsObject().OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => (s.Key, s.Value!.GetValue<int>())).ShouldBe([("completed", 1), ("pending", 1)]);
    }

    [Fact]
    public async Task The_document_names_every_route_its_bodies_and_the_sign_in()
    {
        await using var host = await ApiHost.StartAsync();

        var document = await ApiHost.JsonOfAsync(await host.Anonymous.GetAsync("/openapi/v1.json"));

        document["openapi"]!.GetValue<string>().ShouldStartWith("3.1.");
        var paths = document["paths"]!.AsObject();
        var routes = paths.SelectMany(p => p.Value!.AsObject().Select(o => $"{o.Key.ToUpperInvariant()} {p.Key}"));
        routes.ShouldBe(
            AccessTable.Rules.Where(r => r.Method != "*" && r.Route != "/docs" && !r.Route.StartsWith("/openapi", StringComparison.Ordinal)).Select(r => $"{r.Method} {r.Route}"),
            ignoreOrder: true);
        document["components"]!["securitySchemes"]!["wallet"]!["scheme"]!.GetValue<string>().ShouldBe("bearer");
        paths["/api/jobs"]!["get"]!["security"]![0]!["wallet"].ShouldNotBeNull();
        paths["/api/facilitator/submit-job"]!["post"]!["security"].ShouldBeNull();
        var body = paths["/api/facilitator/submit-job"]!["post"]!["requestBody"]!["content"]!["application/json"]!;
        body["schema"].ShouldNotBeNull();
        body["example"].ShouldNotBeNull();
        paths["/api/facilitator/submit-job"]!["post"]!["responses"]!.AsObject().Select(r => r.Key).ShouldBe(["202", "400", "402", "409", "413", "415", "429", "503", "default"], ignoreOrder: true);
    }

    [Fact]
    public async Task The_schema_of_job_files_is_published()
    {
        await using var host = await ApiHost.StartAsync();
        var answer = await host.Anonymous.GetAsync("/openapi/job.schema.json");
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/schema+json");
        (await answer.Content.ReadAsStringAsync()).ShouldBe(Contracts.Jobs.JobFileSchema.Text());
    }

    [Fact]
    public async Task The_document_is_made_once_however_often_it_and_its_page_are_asked_for()
    {
        var made = 0;
        await using var host = await ApiHost.StartAsync(
            more: services => services.Configure<Microsoft.AspNetCore.OpenApi.OpenApiOptions>("v1", options => options.AddDocumentTransformer((_, _, _) => Task.FromResult(made++))),
            isHeld: false);

        foreach (var path in new[] { "/openapi/v1.json", "/docs", "/openapi/v1.json", "/docs" })
        {
            (await host.Anonymous.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        made.ShouldBe(1);
        (await host.Anonymous.GetAsync("/openapi/v2.json")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var again = new HttpRequestMessage(HttpMethod.Get, "/openapi/v1.json") { Headers = { { "Host", "evil.example" } } };
        (await (await host.Anonymous.SendAsync(again)).Content.ReadAsStringAsync()).ShouldNotContain("evil.example");
    }

    [Fact]
    public async Task The_page_for_people_shows_every_route_and_takes_nothing_from_elsewhere()
    {
        await using var host = await ApiHost.StartAsync();

        var answer = await host.Anonymous.GetAsync("/docs");
        var page = await answer.Content.ReadAsStringAsync();

        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        foreach (var rule in AccessTable.Rules.Where(r => r.Method != "*" && r.Route != "/docs" && !r.Route.StartsWith("/openapi", StringComparison.Ordinal)))
        {
            page.ShouldContain($"<code>{rule.Method} {rule.Route}</code>");
        }

        var style = page[(page.IndexOf("<style>", StringComparison.Ordinal) + 7)..page.IndexOf("</style>", StringComparison.Ordinal)];
        var hash = Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(style)));
        answer.Headers.GetValues("Content-Security-Policy").Single().ShouldBe($"default-src 'none'; frame-ancestors 'none'; style-src 'sha256-{hash}'");
        page.ShouldNotContain("<script");
        page.ShouldNotContain("src=");
        page.ShouldContain("pricePerSecond"); // an example, and a schema
    }

    private sealed class BrokenIntake : IJobIntake
    {
        public Task<IntakeResult> SubmitAsync(JobSubmission submission, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("Host=db;Password=hunter2");
    }
}

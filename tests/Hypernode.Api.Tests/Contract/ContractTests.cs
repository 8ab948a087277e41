using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Api.Auth;
using Hypernode.Api.OpenApi;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hypernode.Api.Tests.Contract;

/// <summary>
/// The document and the server say the same: every route, every status, every example. What any other test of this project is
/// answered is held against the document too (<see cref="ContractHandler"/>).
/// </summary>
public sealed class ContractTests(ContractTests.Walked walked) : IClassFixture<ContractTests.Walked>
{
    /// <summary>Mapped, and not for clients.</summary>
    private static readonly Dictionary<string, string> Undocumented = new(StringComparer.Ordinal)
    {
        ["* /broker-auth/{key}/{question}"] = "RabbitMQ's alone; without its key there is no such route",
        ["GET /openapi/{documentName}.json"] = "the document itself",
        ["GET /openapi/job.schema.json"] = "another document: the schema of job files",
        ["GET /docs"] = "the document as a page",
    };

    /// <summary>Of these answers one is provoked for all routes.</summary>
    private static readonly Dictionary<string, string> OnceForAll = new(StringComparer.Ordinal)
    {
        ["default"] = "what no route plans for comes from one place, the outermost middleware",
    };

    /// <summary>The same on every route: kept once.</summary>
    private static readonly string[] SameEverywhere = ["401", "413", "415", "429", "default"];

    [Fact]
    public void Every_route_is_in_the_document() => walked.Routes
        .Where(r => !Undocumented.ContainsKey(r))
        .ShouldBe(walked.Document.Operations.Select(o => o.Name), ignoreOrder: true);

    [Fact]
    public void Every_status_and_media_type_of_the_document_was_really_sent()
    {
        var seen = walked.Seen.Select(s => (s.Route, s.Status, s.Media)).ToHashSet();
        var never = walked.Document.Operations
            .SelectMany(o => o.Statuses.SelectMany(status => MediaOf(o, status).Select(media => (Route: o.Name, Status: status, Media: media))))
            .Where(a => !seen.Contains(a) && !OnceForAll.ContainsKey(a.Status));
        never.Select(a => $"{a.Route} {a.Status} {a.Media}").ShouldBeEmpty();
        OnceForAll.Keys.ShouldBeSubsetOf(seen.Select(s => s.Status).ToHashSet());
    }

    [Fact]
    public void Every_body_and_every_JSON_answer_has_an_example_that_fits_its_schema()
    {
        foreach (var operation in walked.Document.Operations)
        {
            foreach (var ((what, media), content) in operation.Media.Where(m => m.Key.Media.EndsWith("json", StringComparison.Ordinal)))
            {
                var at = $"{operation.Name} {what} {media}";
                content["schema"].ShouldNotBeNull(at);
                content["example"].ShouldNotBeNull($"{at}: HYPERNODE_UPDATE_DOCS=1 dotnet test tests/Hypernode.Api.Tests --filter FullyQualifiedName~Contract, twice");
                ContractHandler.Fits(operation.Schema(what, media)!, content["example"], at);
            }
        }
    }

    [Fact]
    public async Task Every_example_of_an_answer_looks_like_one_that_was_really_sent()
    {
        if (Environment.GetEnvironmentVariable("HYPERNODE_UPDATE_DOCS") == "1")
        {
            var file = Path.Combine(ApiDocTests.Root(), "Hypernode.Api", "OpenApi", "examples.json");
            var kept = JsonNode.Parse(await File.ReadAllTextAsync(file))!.AsObject();
            await File.WriteAllTextAsync(file, Record(kept).ToJsonString(Pretty) + "\n");
            return;
        }

        var shapes = walked.Seen.Where(s => s.Body is not null).ToLookup(s => (s.Route, s.Status, s.Media), s => Shape(s.Body));
        foreach (var operation in walked.Document.Operations)
        {
            foreach (var ((status, media), content) in operation.Media.Where(m => m.Key.What != "request" && !OnceForAll.ContainsKey(m.Key.What) && m.Value["example"] is not null))
            {
                shapes[(operation.Name, status, media)].ShouldContain(Shape(content["example"]), $"{operation.Name} {status}: its example");
            }
        }
    }

    /// <summary>Each once more, to a host that stands as it did when they were recorded.</summary>
    [Fact]
    public async Task Every_example_of_a_body_is_taken()
    {
        await using var world = await ContractWorld.StartAsync();
        foreach (var operation in walked.Document.Operations.Where(o => o.Media.ContainsKey(("request", "application/json"))))
        {
            var example = operation.Media[("request", "application/json")]["example"]!;
            var client = operation.NeedsSession ? world.Node : world.Anonymous;
            var answer = await client.PostAsync(operation.Route, ApiHost.Json(example.ToJsonString()));

            ((int)answer.StatusCode).ShouldBeOneOf([200, 201, 202, operation.Route == "/api/auth/login" ? 401 : 200], $"{operation.Name}: {await answer.Content.ReadAsStringAsync()}");
        }
    }

    [Fact]
    public async Task The_checked_in_document_is_the_one_that_is_served()
    {
        var file = Path.Combine(ApiDocTests.Root(), "clients", "openapi.json");
        var served = walked.Document.Json.ToJsonString(Pretty) + "\n";
        if (Environment.GetEnvironmentVariable("HYPERNODE_UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, served);
            return;
        }

        (await File.ReadAllTextAsync(file)).ShouldBe(served, "clients/openapi.json is not what is served: ./hn docs writes it anew");
    }

    private static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static IEnumerable<string> MediaOf(Operation operation, string status)
    {
        var media = operation.Media.Keys.Where(k => k.What == status).Select(k => k.Media).ToList();
        return media.Count == 0 ? [""] : media;
    }

    /// <param name="kept">Examples of before: one that still looks like an answer stays, so that ids and times do not change each time.</param>
    private JsonObject Record(JsonObject kept)
    {
        var all = new JsonObject();
        foreach (var sent in walked.Seen.Where(s => s.Body is not null))
        {
            var route = SameEverywhere.Contains(sent.Status) ? Examples.Anywhere : sent.Route;
            var before = kept[route]?[sent.Status]?[sent.Media];
            Keep(all, route, sent.Status, sent.Media, before is not null && Shape(before) == Shape(sent.Body) ? before : sent.Body!);
            if (sent.Request is not null)
            {
                Keep(all, sent.Route, Examples.Request, "application/json", sent.Request);
            }
        }

        return new JsonObject(all.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => KeyValuePair.Create(r.Key, r.Value?.DeepClone())));
    }

    /// <summary>The first of each.</summary>
    private static void Keep(JsonObject all, string route, string what, string media, JsonNode body)
    {
        var (ofRoute, ofWhat) = ((all[route] ??= new JsonObject()).AsObject(), default(JsonObject));
        ofWhat = (ofRoute[what] ??= new JsonObject()).AsObject();
        ofWhat[media] ??= body.DeepClone();
    }

    /// <summary>Fields and types, without values.</summary>
    private static string Shape(JsonNode? node) => node switch
    {
        JsonObject o => $"{{{string.Join(',', o.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}:{Shape(p.Value)}"))}}}",
        JsonArray a => $"[{string.Join('|', a.Select(Shape).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))}]",
        null => "null",
        _ => node.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? "boolean" : node.GetValueKind().ToString(),
    };

    /// <summary>All that the walk was answered.</summary>
    public sealed class Walked : IAsyncLifetime
    {
        internal ContractDocument Document { get; private set; } = null!;

        public IReadOnlyList<Sent> Seen { get; private set; } = [];

        public IReadOnlyList<string> Routes { get; private set; } = [];

        public async Task InitializeAsync()
        {
            Document = await ContractDocument.LoadAsync();
            await using var world = await ContractWorld.StartAsync();
            var walk = new ContractWalk(world);
            await walk.RunAsync();
            await walk.RunCommonAsync(Document);
            Routes = [.. world.Host.Routes];
            Seen = [.. world.Host.Answers.All, .. await ContractWalk.SeenWithFewRequestsAsync(Document), .. await ContractWalk.SeenLiveAsync(), .. await SeenWithTroubleAsync()];
        }

        public Task DisposeAsync() => Task.CompletedTask;

        private static async Task<IReadOnlyList<Sent>> SeenWithTroubleAsync()
        {
            await using var host = await ApiHost.StartAsync(more: services => services
                .AddSingleton<IJobIntake>(new BrokenIntake())
                .AddHealthChecks().AddCheck("storage", () => HealthCheckResult.Unhealthy(data: new Dictionary<string, object>(StringComparer.Ordinal) { ["reason"] = "the disk is full" })));
            (await Bodies.SubmitAsync(host, await Bodies.SubmissionAsync(host, TestWallet.Alice))).StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
            (await host.Anonymous.GetAsync("/health/ready")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            return host.Answers.All;
        }
    }

    private sealed class BrokenIntake : IJobIntake
    {
        public Task<IntakeResult> SubmitAsync(JobSubmission submission, CancellationToken cancellationToken) => throw new InvalidOperationException("hunter2");
    }
}

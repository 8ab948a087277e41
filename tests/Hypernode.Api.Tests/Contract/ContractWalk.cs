using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Tests.Contract;

/// <summary>Has every route answer with every status that it can give; <see cref="ContractHandler"/> holds each answer against the document.</summary>
internal sealed class ContractWalk(ContractWorld world)
{
    private const string NoId = "99999999-0000-4000-8000-000000000001";
    private const string Submit = "/api/facilitator/submit-job";
    private readonly ApiHost _host = world.Host;

    public async Task RunAsync()
    {
        await SignInAsync();
        await SubmitAsync();
        await FacilitatorAsync();
        await JobsAsync();
        await NodesAsync();
        await FilesAsync();
        await MarketAsync();
        await WhileTheStorageIsAwayAsync();
    }

    /// <summary>What every route with a body, a session or an ETag has in common; the rest of it comes from the document.</summary>
    public async Task RunCommonAsync(ContractDocument document)
    {
        foreach (var operation in document.Operations)
        {
            var path = PathOf(operation.Route);
            if (operation.NeedsSession)
            {
                await ExpectAsync(401, await SendAsync(_host.Anonymous, operation.Method, path));
            }

            if (operation.Media.ContainsKey(("request", "application/json")))
            {
                var client = operation.Route.Contains("/nodes/", StringComparison.Ordinal) || operation.Route.EndsWith("complete-job", StringComparison.Ordinal) ? world.Node : _host.Anonymous;
                await ExpectAsync(400, await SendAsync(client, operation.Method, path, "[]"));
                await ExpectAsync(413, await SendAsync(client, operation.Method, path, $"\"{new string('x', client == world.Node ? 5_000_000 : ContractWorld.MaxJsonBytes)}\""));
                await ExpectAsync(415, await client.PostAsync(path, new StringContent("{}")));
            }

            if (operation.Statuses.Contains("304") && !operation.Media.ContainsKey(("200", "application/octet-stream")))
            {
                var first = await ExpectAsync(200, await world.Alice.GetAsync(path));
                await ExpectAsync(304, await GetAsync(world.Alice, path, r => r.Headers.IfNoneMatch.Add(first.Headers.ETag!)));
            }
        }
    }

    /// <summary>On a host that lets nobody ask twice.</summary>
    public static async Task<IReadOnlyList<Sent>> SeenWithFewRequestsAsync(ContractDocument document)
    {
        await using var host = await ApiHost.StartAsync(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Hypernode:Api:RequestsPerSecond"] = "1",
            ["Hypernode:Api:RequestBurst"] = "1",
        });
        foreach (var operation in document.Operations.Where(o => o.Statuses.Contains("429")))
        {
            var path = operation.Route.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);
            var tries = 0;
            while ((int)(await SendAsync(host.Anonymous, operation.Method, path)).StatusCode != 429)
            {
                (++tries).ShouldBeLessThan(20, operation.Name);
            }
        }

        return host.Answers.All;
    }

    /// <summary>On a host that holds one WebSocket; what goes over it has tests of its own.</summary>
    public static async Task<IReadOnlyList<Sent>> SeenLiveAsync()
    {
        await using var host = await ApiHost.StartAsync(new Dictionary<string, string?>(StringComparer.Ordinal) { ["Hypernode:Live:MaxSockets"] = "1" }, onSocket: true);
        await ExpectAsync(426, await host.Anonymous.GetAsync("/ws"));
        await ExpectAsync(401, await UpgradeAsync("Authorization", "Bearer nonsense"));
        await ExpectAsync(403, await UpgradeAsync("Origin", "https://evil.example"));
        using var open = await UpgradeAsync();
        ((int)open.StatusCode).ShouldBe(101);
        await ExpectAsync(503, await UpgradeAsync());
        return host.Answers.All;

        Task<HttpResponseMessage> UpgradeAsync(string? header = null, string? value = null)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/ws") { Headers = { { "Connection", "Upgrade" }, { "Upgrade", "websocket" }, { "Sec-WebSocket-Version", "13" }, { "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==" } } };
            if (header is not null)
            {
                request.Headers.Add(header, value);
            }

            return host.Anonymous.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        }
    }

    private async Task SignInAsync()
    {
        var wallet = TestWallet.Alice;
        var challenge = await ApiHost.JsonOfAsync(await ExpectAsync(200, await PostAsync("/api/auth/challenge", new JsonObject { ["wallet"] = wallet.Address.ToString() })));
        var text = challenge["challenge"]!.GetValue<string>();
        var login = new JsonObject { ["wallet"] = wallet.Address.ToString(), ["challenge"] = text, ["signature"] = wallet.Sign(text) };
        await ExpectAsync(200, await PostAsync("/api/auth/login", login));
        await ExpectAsync(401, await PostAsync("/api/auth/login", login));
        await ExpectAsync(200, await world.Alice.PostAsync("/api/auth/verify", null));
    }

    private async Task SubmitAsync()
    {
        await ExpectAsync(200, await Bodies.PrepareAsync(_host, TestWallet.Alice, Bodies.Job(_host), "transaction"));
        await ExpectAsync(200, await Bodies.PrepareAsync(_host, TestWallet.Alice, Bodies.Job(_host)));
        _host.Escrow.IsDown = true;
        await ExpectAsync(503, await Bodies.PrepareAsync(_host, TestWallet.Alice, Bodies.Job(_host), "transaction"));
        _host.Escrow.IsDown = false;

        var body = await Bodies.SubmissionAsync(_host, TestWallet.Alice);
        await ExpectAsync(202, await PostAsync(Submit, body));
        body["job"]!["description"] = "another job";
        Signing.RecommitAndSign(body, TestWallet.Alice, _host.Escrow.Deployment);
        await ExpectAsync(409, await PostAsync(Submit, body));
        body["signature"] = TestWallet.Bob.Sign("something else");
        await ExpectAsync(402, await PostAsync(Submit, body));
        var unpaid = await Bodies.SubmissionAsync(_host, TestWallet.Alice);
        unpaid.Remove("signature");
        await ExpectAsync(402, await PostAsync(Submit, unpaid));
        unpaid.Remove("job");
        await ExpectAsync(400, await PostAsync(Submit, unpaid));
    }

    private async Task FacilitatorAsync()
    {
        var free = NodeId.Parse("4f8fad5b-d9cb-469f-a165-70867728950e");
        var registration = world.RegistrationOf(free, new TestWallet(7));
        await ExpectAsync(201, await PostAsync("/api/facilitator/register-node", registration));
        await ExpectAsync(409, await PostAsync("/api/facilitator/register-node", world.RegistrationOf(free, new TestWallet(8))));
        registration["authoritySignature"] = TestWallet.Bob.Sign("something else");
        await ExpectAsync(403, await PostAsync("/api/facilitator/register-node", registration));
        await ExpectAsync(404, await _host.Anonymous.GetAsync($"/api/facilitator/node/{NoId}"));
        await ExpectAsync(404, await _host.Anonymous.GetAsync($"/api/facilitator/payment-intent/{NoId}"));
        await ExpectAsync(200, await world.Alice.PostAsync("/api/facilitator/claim-rewards", null));

        await ExpectAsync(200, await _host.Anonymous.GetAsync("/api/facilitator/supported"));
        foreach (var question in new[] { "verify", "settle" })
        {
            _host.Transfers.IsDown = true;
            await ExpectAsync(503, await PostAsync($"/api/facilitator/{question}", world.TransferRequest()));
            _host.Transfers.IsDown = false;
            await ExpectAsync(200, await PostAsync($"/api/facilitator/{question}", world.TransferRequest()));
        }

        await ExpectAsync(403, await SendAsync(world.Bob, "POST", "/api/facilitator/complete-job", "{}"));
        _host.NodeWay.DropsReceipts = true;
        var completion = world.CompletionOf(world.Running);
        await ExpectAsync(409, await SendAsync(world.Node, "POST", "/api/facilitator/complete-job", completion.ToJsonString()));
        _host.NodeWay.DropsReceipts = false;
        await ExpectAsync(202, await SendAsync(world.Node, "POST", "/api/facilitator/complete-job", completion.ToJsonString()));
    }

    private async Task JobsAsync()
    {
        await ExpectAsync(400, await world.Alice.GetAsync("/api/jobs?limit=0"));
        foreach (var route in new[] { "/api/jobs/{0}", "/api/jobs/{0}/logs", "/api/jobs/{0}/result", "/api/jobs/{0}/receipt", "/api/jobs/{0}/explain" })
        {
            await ExpectAsync(404, await world.Alice.GetAsync(string.Format(null, route, $"job-{NoId}")));
        }

        var logs = $"/api/jobs/{world.Running}/logs";
        await ExpectAsync(200, await world.Alice.GetAsync(logs));
        await ExpectAsync(200, await GetAsync(world.Alice, logs, r => r.Headers.Accept.ParseAdd("text/plain")));
        await ExpectAsync(200, await GetAsync(world.Alice, $"/api/jobs/{world.Paid}/logs", r => r.Headers.Accept.ParseAdd("text/event-stream")));
        await ExpectAsync(400, await world.Alice.GetAsync($"{logs}?cursor=x"));

        var result = $"/api/jobs/{world.Paid}/result";
        await ExpectAsync(200, await world.Alice.GetAsync($"/api/jobs/{world.PaidTwice}/result"));
        await ExpectAsync(400, await world.Alice.GetAsync($"{result}?list=perhaps"));
        await ExpectAsync(409, await world.Alice.GetAsync($"/api/jobs/{world.Running}/result"));
        await DownloadAsync(world.Alice, result);
        await ExpectAsync(200, await world.Alice.GetAsync($"/api/jobs/{world.Paid}/receipt"));
        await ExpectAsync(409, await world.Alice.GetAsync($"/api/jobs/{world.Running}/receipt"));

        var cancel = $"/api/jobs/cancel/{world.Running}";
        await ExpectAsync(202, await world.Alice.PostAsync(cancel, null));
        await ExpectAsync(404, await world.Alice.PostAsync($"/api/jobs/cancel/job-{NoId}", null));
        await ExpectAsync(409, await world.Alice.PostAsync($"/api/jobs/cancel/{world.Paid}", null));
        await KeyedAsync(cancel);
    }

    private async Task NodesAsync()
    {
        foreach (var move in new[] { "drain", "undrain" })
        {
            var path = $"/api/nodes/{ContractWorld.NodeId}/{move}";
            await ExpectAsync(200, await world.Alice.PostAsync(path, null));
            await ExpectAsync(403, await world.Bob.PostAsync(path, null));
            await ExpectAsync(404, await world.Alice.PostAsync($"/api/nodes/{NoId}/{move}", null));
            await ExpectAsync(409, await world.Alice.PostAsync($"/api/nodes/{ContractWorld.BannedNode}/{move}", null));
            await KeyedAsync(path);
        }

        await ExpectAsync(400, await _host.Anonymous.GetAsync("/api/nodes?status=x"));
        await ExpectAsync(404, await _host.Anonymous.GetAsync($"/api/nodes/{NoId}"));
        await ExpectAsync(403, await world.Bob.GetAsync($"/api/nodes/{ContractWorld.NodeId}/explain"));
        await ExpectAsync(404, await world.Alice.GetAsync($"/api/nodes/{NoId}/explain"));

        await ExpectAsync(200, await world.Node.GetAsync("/api/nodes/poll-job?wait=0"));
        await ExpectAsync(400, await world.Node.GetAsync("/api/nodes/poll-job?wait=x"));
        await ExpectAsync(403, await world.Bob.GetAsync("/api/nodes/poll-job?wait=0"));
        await ExpectAsync(200, await SendAsync(world.Node, "POST", "/api/nodes/heartbeat", $$"""
            {"acks":["ack-1"],"messages":[{"kind":"beat","at":5,"leases":[{"jobId":"{{world.Running}}","attempt":1,"logCount":1,"ended":false}]}]}
            """));
        await ExpectAsync(204, await world.Node.GetAsync("/api/nodes/poll-job?wait=0"));
        await ExpectAsync(403, await SendAsync(world.Bob, "POST", "/api/nodes/heartbeat", "{}"));
        await ExpectAsync(400, await world.Pair.GetAsync("/api/nodes/poll-job?wait=0"));
    }

    private async Task FilesAsync()
    {
        await ExpectAsync(201, await world.Alice.PostAsync("/api/blobs", new ByteArrayContent("hello"u8.ToArray())));
        await ExpectAsync(413, await world.Alice.PostAsync("/api/blobs", new ByteArrayContent(new byte[2_049])));
        var lease = $"?job={world.Running}&attempt=1";
        await DownloadAsync(world.Node, $"/api/blobs/{Hash256.Of(Bodies.Input)}{lease}");
        await ExpectAsync(404, await world.Node.GetAsync($"/api/blobs/{Hash256.Zero}{lease}"));

        var file = "out"u8.ToArray();
        var path = $"/api/blobs/{Hash256.Of(file)}";
        await ExpectAsync(201, await world.Node.PutAsync(path + lease, new ByteArrayContent(file)));
        await ExpectAsync(400, await world.Node.PutAsync(path + lease, new ByteArrayContent([1])));
        await ExpectAsync(404, await world.Node.PutAsync(path, new ByteArrayContent(file)));
        using var chunked = new HttpRequestMessage(HttpMethod.Put, path + lease) { Content = new ByteArrayContent(file), Headers = { TransferEncodingChunked = true } };
        await ExpectAsync(411, await world.Node.SendAsync(chunked));
        using var large = new HttpRequestMessage(HttpMethod.Put, $"/api/blobs/{Hash256.Zero}{lease}") { Content = new ByteArrayContent([]) };
        large.Content.Headers.ContentLength = 1L << 50;
        await ExpectAsync(413, await world.Node.SendAsync(large));
    }

    private async Task MarketAsync()
    {
        await ExpectAsync(200, await _host.Anonymous.GetAsync("/health/live"));
        await ExpectAsync(200, await _host.Anonymous.GetAsync("/health/ready"));
    }

    private async Task WhileTheStorageIsAwayAsync()
    {
        _host.Storage.Current = new(StorageCondition.Full, "the disk is full", TimeSpan.FromSeconds(1));
        await ExpectAsync(503, await PostAsync(Submit, await Bodies.SubmissionAsync(_host, TestWallet.Alice)));
        await ExpectAsync(503, await PostAsync("/api/facilitator/settle", world.TransferRequest()));
        await ExpectAsync(503, await SendAsync(world.Node, "POST", "/api/facilitator/complete-job", "{}"));
        foreach (var path in new[] { $"/api/jobs/cancel/{world.Running}", $"/api/nodes/{ContractWorld.NodeId}/drain", $"/api/nodes/{ContractWorld.NodeId}/undrain" })
        {
            await ExpectAsync(503, await world.Alice.PostAsync(path, null));
        }

        _host.Storage.Current = new(StorageCondition.Ok, "", TimeSpan.Zero);
    }

    private static async Task DownloadAsync(HttpClient client, string path)
    {
        var whole = await ExpectAsync(200, await client.GetAsync(path));
        var tag = whole.Headers.ETag!;
        await ExpectAsync(206, await GetAsync(client, path, r => r.Headers.Range = new RangeHeaderValue(0, 1)));
        await ExpectAsync(304, await GetAsync(client, path, r => r.Headers.IfNoneMatch.Add(tag)));
        await ExpectAsync(412, await GetAsync(client, path, r => r.Headers.IfMatch.ParseAdd("\"another\"")));
        await ExpectAsync(416, await GetAsync(client, path, r => r.Headers.Range = new RangeHeaderValue(1_000_000, null)));
    }

    /// <summary>A key that is none, one that is used for another request, and a body that is too large to be told from another.</summary>
    private async Task KeyedAsync(string path)
    {
        await ExpectAsync(400, await SendKeyedAsync("not a key", ""));
        (await SendKeyedAsync("one-key", path)).Dispose();
        await ExpectAsync(409, await SendKeyedAsync("one-key", "{}"));
        await ExpectAsync(413, await SendKeyedAsync("large", new string('x', ContractWorld.MaxJsonBytes + 1)));

        Task<HttpResponseMessage> SendKeyedAsync(string key, string body)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = ApiHost.Json(body) };
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
            return world.Alice.SendAsync(request);
        }
    }

    private string PathOf(string route) => route
        .Replace("{jobId}", world.Paid.ToString(), StringComparison.Ordinal)
        .Replace("{nodeId}", ContractWorld.NodeId.ToString(), StringComparison.Ordinal)
        .Replace("{sha256}", Hash256.Of(Bodies.Input).ToString(), StringComparison.Ordinal)
        .Replace("{id}", _host.Jobs.All[world.Paid].Intent.IntentId.ToString(), StringComparison.Ordinal);

    private Task<HttpResponseMessage> PostAsync(string path, JsonObject body) => SendAsync(_host.Anonymous, "POST", path, body.ToJsonString());

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, string method, string path, string? body = null) =>
        client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path) { Content = method == "GET" ? null : ApiHost.Json(body ?? "{}") });

    private static Task<HttpResponseMessage> GetAsync(HttpClient client, string path, Action<HttpRequestMessage> change)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        change(request);
        return client.SendAsync(request);
    }

    private static async Task<HttpResponseMessage> ExpectAsync(int status, HttpResponseMessage answer)
    {
        ((int)answer.StatusCode).ShouldBe(status, $"{answer.RequestMessage!.Method} {answer.RequestMessage.RequestUri}: {await answer.Content.ReadAsStringAsync()}");
        return answer;
    }
}

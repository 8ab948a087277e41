using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.Solana;

namespace Hypernode.Cli.Client;

/// <summary>A wallet's view of the REST API.</summary>
public sealed class ApiClient(HttpClient http) : IDisposable
{
    private const int MaxBroken = 5;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    public ApiClient(string url)
        : this(new HttpClient { BaseAddress = new Uri(url), Timeout = TimeSpan.FromSeconds(100) })
    {
    }

    /// <summary>Proves that we hold the wallet's key; what follows is done in its name.</summary>
    public async Task SignInAsync(Account wallet, CancellationToken cancellationToken)
    {
        var challenge = await PostAsync<ChallengeAnswer>("/api/auth/challenge", new { wallet = wallet.PublicKey.Key }, cancellationToken);
        var login = await PostAsync<LoginAnswer>(
            "/api/auth/login",
            new { wallet = wallet.PublicKey.Key, challenge = challenge.Challenge, signature = Sign(wallet, challenge.Challenge) },
            cancellationToken);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", login.Token);
    }

    /// <summary>Both keys sign the same text, which names the network.</summary>
    public Task<NodeAnswer> RegisterNodeAsync(NodeRegistration node, string network, Account nodeKey, Account authority, CancellationToken cancellationToken) =>
        RegisterNodeAsync(node, network, nodeKey, Sign(authority, node.ToSigningText(network)), cancellationToken);

    /// <param name="authoritySignature">Base58, made elsewhere over the same text.</param>
    public Task<NodeAnswer> RegisterNodeAsync(NodeRegistration node, string network, Account nodeKey, string authoritySignature, CancellationToken cancellationToken)
    {
        var text = node.ToSigningText(network);
        return PostAsync<NodeAnswer>(
            "/api/facilitator/register-node",
            new
            {
                nodeId = node.NodeId.ToString(),
                nodeKey = node.NodeKey.ToString(),
                authority = node.Authority.ToString(),
                hostname = node.Hostname,
                offer = new
                {
                    slots = node.Offer.Slots,
                    cpuMillis = node.Offer.CpuMillis,
                    memoryMb = node.Offer.MemoryMb,
                    pricePerSecond = node.Offer.PricePerSecond.BaseUnits,
                    gpus = node.Offer.Gpus.Select(g => new { uuid = g.Uuid, model = g.Model, vramMb = g.VramMb }),
                    images = node.Offer.Images,
                    networkModes = node.Offer.NetworkModes?.Select(m => m.ToString().ToLowerInvariant()),
                },
                timestamp = node.Timestamp,
                nodeSignature = Sign(nodeKey, text),
                authoritySignature,
            },
            cancellationToken);
    }

    public async Task<JobInput> UploadAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        using var body = new ByteArrayContent(content);
        var stored = await ReadAsync<BlobAnswer>(await http.PostAsync("/api/blobs", body, cancellationToken), cancellationToken);
        var expected = Hash256.Of(content);
        return stored.Sha256 == expected.ToString() && stored.Bytes == content.Length
            ? new JobInput(name, expected, content.Length)
            : throw new CliException($"the server stored another file than {name}");
    }

    public Task<PreparedIntent> PrepareAsync(
        PublicKey payer, HyperAmount amount, JobSpec job, CancellationToken cancellationToken, Funding funding = Funding.Intent) =>
        PostAsync<PreparedIntent>(
            "/api/facilitator/prepare-intent",
            new { client = payer.Key, amount = amount.ToString(), job = BodyOf(job), funding = funding.ToString().ToLowerInvariant() },
            cancellationToken);

    /// <exception cref="RefusedException">402 and what is wrong, for one.</exception>
    public Task SubmitAsync(PreparedIntent prepared, JobSpec job, Agreement agreement, CancellationToken cancellationToken) =>
        PostAsync<JsonNode>(
            "/api/facilitator/submit-job",
            new
            {
                paymentIntent = prepared.PaymentIntent,
                signature = agreement.Signature,
                transaction = agreement.Transaction,
                publicKey = prepared.PaymentIntent.Client,
                job = BodyOf(job),
                reveal = prepared.Reveal,
            },
            cancellationToken);

    public Task<JobAnswer> JobAsync(string jobId, CancellationToken cancellationToken) =>
        GetAsync<JobAnswer>($"/api/jobs/{jobId}", cancellationToken);

    /// <summary>A page of the wallet's jobs, newest first, as the API writes it.</summary>
    /// <param name="status">Null: all.</param>
    public Task<JsonObject> JobsAsync(string? status, int limit, CancellationToken cancellationToken) =>
        GetAsync<JsonObject>($"/api/jobs?limit={limit}{(status is null ? "" : $"&status={Uri.EscapeDataString(status)}")}", cancellationToken);

    /// <summary>The job as the API writes it, with all that it says.</summary>
    public Task<JsonObject> WholeJobAsync(string jobId, CancellationToken cancellationToken) => GetAsync<JsonObject>($"/api/jobs/{jobId}", cancellationToken);

    public Task<JsonObject> ExplainAsync(string jobId, CancellationToken cancellationToken) => GetAsync<JsonObject>($"/api/jobs/{jobId}/explain", cancellationToken);

    public Task CancelAsync(string jobId, CancellationToken cancellationToken) =>
        PostAsync<JsonNode>($"/api/jobs/cancel/{jobId}", new { }, cancellationToken);

    public Task<NodeAnswer> NodeAsync(string nodeId, CancellationToken cancellationToken) =>
        GetAsync<NodeAnswer>($"/api/nodes/{nodeId}", cancellationToken);

    /// <returns>Null: the API does not know it.</returns>
    public async Task<NodeAnswer?> FindNodeAsync(string nodeId, CancellationToken cancellationToken)
    {
        try
        {
            return await NodeAsync(nodeId, cancellationToken);
        }
        catch (RefusedException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public Task<NodeStatusAnswer> DrainAsync(string nodeId, bool drained, CancellationToken cancellationToken) =>
        PostAsync<NodeStatusAnswer>($"/api/nodes/{nodeId}/{(drained ? "drain" : "undrain")}", new { }, cancellationToken);

    public Task<NodeStatsAnswer> NodeStatsAsync(CancellationToken cancellationToken) => GetAsync<NodeStatsAnswer>("/api/stats/nodes", cancellationToken);

    public Task<ResultList> ResultsAsync(string jobId, CancellationToken cancellationToken) =>
        GetAsync<ResultList>($"/api/jobs/{jobId}/result?list=true", cancellationToken);

    public async Task<byte[]> ResultAsync(string jobId, string name, CancellationToken cancellationToken)
    {
        using var answer = await http.GetAsync($"/api/jobs/{jobId}/result?name={Uri.EscapeDataString(name)}", cancellationToken);
        await RefuseAsync(answer, cancellationToken);
        return await answer.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    /// <summary>The signed receipt of the job's last attempt, as the API writes it.</summary>
    public async Task<string> ReceiptAsync(string jobId, CancellationToken cancellationToken)
    {
        using var answer = await http.GetAsync($"/api/jobs/{jobId}/receipt", cancellationToken);
        await RefuseAsync(answer, cancellationToken);
        return await answer.Content.ReadAsStringAsync(cancellationToken);
    }

    /// <summary>Every log chunk so far, of all attempts, in order.</summary>
    public async Task<IReadOnlyList<JsonNode>> LogChunksAsync(string jobId, CancellationToken cancellationToken)
    {
        var chunks = new List<JsonNode>();
        for (string? cursor = null; ;)
        {
            var page = await GetAsync<JsonObject>($"/api/jobs/{jobId}/logs{(cursor is null ? "" : $"?cursor={cursor}")}", cancellationToken);
            var items = page["items"] as JsonArray ?? [];
            if (items.Count == 0)
            {
                return chunks;
            }

            chunks.AddRange(items.Select(i => i!.DeepClone()));
            cursor = page["next"]!.GetValue<string>();
        }
    }

    /// <summary>
    /// Follows a job until it has ended. A stream that breaks off is taken up again after the last line that came; a state may
    /// then be told twice.
    /// </summary>
    /// <exception cref="CliException">It broke off five times in a row without a word in between.</exception>
    public async IAsyncEnumerable<JobEvent> FollowAsync(string jobId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? position = null;
        for (var broken = 0; broken < MaxBroken; broken++)
        {
            await using var events = FollowOnceAsync(jobId, position, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await NextAsync(events, cancellationToken) is { } item)
            {
                broken = item.EventType == "log" ? 0 : broken; // a fresh stream always tells the state: that is no progress
                position = item.EventId ?? position;
                yield return EventStream.ToJobEvent(item);
                if (item.EventType == "end")
                {
                    yield break;
                }
            }
        }

        throw new CliException($"the stream of job {jobId} breaks off again and again");
    }

    public void Dispose() => http.Dispose();

    /// <summary>Base58 of the signature over the text's UTF-8.</summary>
    public static string Sign(Account key, string text) => Solana.Base58.Encode(key.Sign(Encoding.UTF8.GetBytes(text)));

    /// <summary>The job as the API reads it: what is absent here is absent there, so that both hash the same.</summary>
    internal static object BodyOf(JobSpec job) => new
    {
        type = job.Type.ToString().ToLowerInvariant(),
        image = job.Image,
        limits = new
        {
            cpuMillis = job.Limits.CpuMillis,
            memoryMb = job.Limits.MemoryMb,
            gpus = job.Limits.Gpus,
            gpuVramMb = job.Limits.GpuVramMb,
            timeoutSeconds = job.Limits.TimeoutSeconds,
            outputMb = job.Limits.OutputMb,
        },
        estimatedTime = job.EstimatedTime,
        script = job.Script,
        cmd = job.Cmd,
        inputs = job.Inputs?.Select(i => new { name = i.Name, sha256 = i.Sha256.ToString(), bytes = i.Bytes, encrypted = i.Encrypted }),
        network = job.Network.ToString().ToLowerInvariant(),
        networkAllow = job.NetworkAllow,
        description = job.Description,
        nodes = job.Nodes?.Select(n => n.ToString()),
        encryption = job.Encryption is { } encryption ? new { resultKey = encryption.ResultKey.ToString() } : null,
    };

    private async IAsyncEnumerable<SseItem<string>> FollowOnceAsync(
        string jobId, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/jobs/{jobId}/logs");
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (after is not null)
        {
            request.Headers.Add("Last-Event-ID", after);
        }

        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await RefuseAsync(answer, cancellationToken);
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in EventStream.ReadAsync(stream, cancellationToken))
        {
            yield return item;
        }
    }

    /// <returns>Null: the stream has ended or broken off.</returns>
    private static async Task<SseItem<string>?> NextAsync(IAsyncEnumerator<SseItem<string>> events, CancellationToken cancellationToken)
    {
        try
        {
            return await events.MoveNextAsync() ? events.Current : null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<T> PostAsync<T>(string route, object body, CancellationToken cancellationToken)
    {
        // Buffered: the API wants a length.
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, Json));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await ReadAsync<T>(await http.PostAsync(route, content, cancellationToken), cancellationToken);
    }

    private async Task<T> GetAsync<T>(string route, CancellationToken cancellationToken) =>
        await ReadAsync<T>(await http.GetAsync(route, cancellationToken), cancellationToken);

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        using (answer)
        {
            await RefuseAsync(answer, cancellationToken);
            return await answer.Content.ReadFromJsonAsync<T>(Json, cancellationToken)
                ?? throw new InvalidDataException($"the API answered {answer.RequestMessage?.RequestUri?.AbsolutePath} with nothing");
        }
    }

    private static async Task RefuseAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (answer.IsSuccessStatusCode)
        {
            return;
        }

        var body = await answer.Content.ReadAsStringAsync(cancellationToken);
        ProblemAnswer? problem = null;
        try
        {
            problem = JsonSerializer.Deserialize<ProblemAnswer>(body, Json);
        }
        catch (JsonException)
        {
            // Not ours: a proxy's page, say. The status is enough.
        }

        throw new RefusedException((int)answer.StatusCode, problem, answer.StatusCode == HttpStatusCode.NotFound ? "not found" : body);
    }
}

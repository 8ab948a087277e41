using System.Text.Json.Nodes;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Solana;

namespace Hypernode.Cli.Client;

/// <summary>The API as commands use it: <see cref="HypernodeClient"/> with keys of files, and answers as the API writes them where they are only passed on.</summary>
public sealed class ApiClient(HttpClient http, ClientOptions? options = null) : IDisposable
{
    private readonly HypernodeClient _client = new(http, options);

    public ApiClient(string url)
        : this(new HttpClient { BaseAddress = new Uri(url), Timeout = TimeSpan.FromSeconds(100) })
    {
    }

    /// <summary>Proves that we hold the wallet's key; what follows is done in its name. The key is not kept.</summary>
    public Task SignInAsync(Account wallet, CancellationToken cancellationToken) => _client.SignInAsync(new AccountSigner(wallet), renews: false, cancellationToken);

    /// <summary>Both keys sign the same text, which names the network.</summary>
    public Task<NodeAnswer> RegisterNodeAsync(NodeRegistration node, string network, Account nodeKey, Account authority, CancellationToken cancellationToken) =>
        RegisterNodeAsync(node, network, nodeKey, Sign(authority, node.ToSigningText(network)), cancellationToken);

    /// <param name="authoritySignature">Base58, made elsewhere over the same text.</param>
    public Task<NodeAnswer> RegisterNodeAsync(NodeRegistration node, string network, Account nodeKey, string authoritySignature, CancellationToken cancellationToken) =>
        _client.RegisterNodeAsync(node, Sign(nodeKey, node.ToSigningText(network)), authoritySignature, cancellationToken);

    public async Task<JobInput> UploadAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        using var stream = new MemoryStream(content, writable: false);
        return await _client.UploadAsync(name, stream, cancellationToken);
    }

    public Task<PreparedIntent> PrepareAsync(
        PublicKey payer, HyperAmount amount, JobSpec job, CancellationToken cancellationToken, Funding funding = Funding.Intent) =>
        _client.PrepareAsync(WalletAddress.FromBytes(payer.AsSpan()), amount, job, funding, cancellationToken: cancellationToken);

    /// <exception cref="RefusedException">402 and what is wrong, for one.</exception>
    public Task SubmitAsync(PreparedIntent prepared, JobSpec job, Agreement agreement, CancellationToken cancellationToken) =>
        _client.SubmitAsync(prepared, job, agreement, cancellationToken: cancellationToken);

    public Task<JobAnswer> JobAsync(string jobId, CancellationToken cancellationToken) => _client.JobAsync(jobId, cancellationToken);

    /// <summary>A page of the wallet's jobs, newest first, as the API writes it.</summary>
    /// <param name="status">Null: all.</param>
    public Task<JsonObject> JobsAsync(string? status, int limit, CancellationToken cancellationToken) =>
        _client.GetJsonAsync($"/api/jobs?limit={limit}{(status is null ? "" : $"&status={Uri.EscapeDataString(status)}")}", cancellationToken);

    /// <summary>The job as the API writes it, with all that it says.</summary>
    public Task<JsonObject> WholeJobAsync(string jobId, CancellationToken cancellationToken) => _client.GetJsonAsync($"/api/jobs/{jobId}", cancellationToken);

    public Task<JsonObject> ExplainAsync(string jobId, CancellationToken cancellationToken) => _client.GetJsonAsync($"/api/jobs/{jobId}/explain", cancellationToken);

    public Task CancelAsync(string jobId, CancellationToken cancellationToken) => _client.CancelAsync(jobId, cancellationToken: cancellationToken);

    public Task<NodeAnswer> NodeAsync(string nodeId, CancellationToken cancellationToken) => _client.NodeAsync(nodeId, cancellationToken);

    /// <returns>Null: the API does not know it.</returns>
    public Task<NodeAnswer?> FindNodeAsync(string nodeId, CancellationToken cancellationToken) => _client.FindNodeAsync(nodeId, cancellationToken);

    public Task<NodeStatusAnswer> DrainAsync(string nodeId, bool drained, CancellationToken cancellationToken) => _client.DrainAsync(nodeId, drained, cancellationToken);

    public Task<NodeStatsAnswer> NodeStatsAsync(CancellationToken cancellationToken) => _client.NodeStatsAsync(cancellationToken);

    public Task<ResultList> ResultsAsync(string jobId, CancellationToken cancellationToken) => _client.ResultsAsync(jobId, cancellationToken);

    public Task<byte[]> ResultAsync(string jobId, string name, CancellationToken cancellationToken) => _client.ResultAsync(jobId, name, cancellationToken: cancellationToken);

    /// <summary>The signed receipt of the job's last attempt, as the API writes it.</summary>
    public Task<string> ReceiptAsync(string jobId, CancellationToken cancellationToken) => _client.ReceiptAsync(jobId, cancellationToken);

    /// <summary>Every log chunk so far, of all attempts, in order.</summary>
    public async Task<IReadOnlyList<JsonNode>> LogChunksAsync(string jobId, CancellationToken cancellationToken) =>
        await _client.LogChunksAsync(jobId, cancellationToken).ToListAsync<JsonNode>(cancellationToken);

    /// <inheritdoc cref="HypernodeClient.FollowAsync"/>
    public IAsyncEnumerable<JobEvent> FollowAsync(string jobId, CancellationToken cancellationToken) => _client.FollowAsync(jobId, cancellationToken: cancellationToken);

    public void Dispose()
    {
        _client.Dispose();
        http.Dispose();
    }

    /// <summary>Base58 of the signature over the text's UTF-8.</summary>
    public static string Sign(Account key, string text) => Base58.Encode(key.Sign(System.Text.Encoding.UTF8.GetBytes(text)));
}

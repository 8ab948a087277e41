using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.Solana;

namespace Hypernode.NodeAgent.Tests.Fakes;

/// <summary>The control plane's blob routes over a wire that fails as it is told to.</summary>
internal sealed class FakeApi : HttpMessageHandler
{
    private int _logins;

    public ConcurrentDictionary<string, byte[]> Inputs { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<string, byte[]> Outputs { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<string> Asked { get; } = new();

    public ConcurrentBag<string> Signed { get; } = [];

    public int Logins => _logins;

    /// <summary>Nobody listens.</summary>
    public bool Down { get; set; }

    /// <summary>What a request is answered with instead.</summary>
    public Func<HttpRequestMessage, HttpStatusCode?> Answer { get; set; } = _ => null;

    /// <summary>Downloads break after so many bytes.</summary>
    public int BreakAfter { get; set; } = int.MaxValue;

    /// <summary>What the API asks to sign.</summary>
    public Func<string, string> ChallengeOf { get; set; } = wallet => string.Join(
        '\n', "HYPERNODE Sign-in", "", "Network: localnet", $"Wallet: {wallet}", $"Challenge: {new string('a', 64)}", "Expires: 2025-01-01T00:05:00.000Z", "",
        "By signing this message, you sign in. It moves no money.");

    public Hash256 Add(byte[] content)
    {
        var hash = Hash256.Of(content);
        Inputs[hash.ToString()] = content;
        return hash;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.PathAndQuery;
        Asked.Enqueue($"{request.Method} {path} {request.Headers.Range}".TrimEnd());
        if (Down)
        {
            throw new HttpRequestException("connection refused");
        }

        if (path.StartsWith("/api/auth/", StringComparison.Ordinal))
        {
            return await SignInAsync(path, request, cancellationToken);
        }

        if (Answer(request) is { } status)
        {
            return new HttpResponseMessage(status);
        }

        if (request.Headers.Authorization?.Parameter != $"token-{_logins}")
        {
            return new HttpResponseMessage(HttpStatusCode.Unauthorized);
        }

        var hash = request.RequestUri.AbsolutePath.Split('/')[^1];
        if (request.Method == HttpMethod.Put)
        {
            var content = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            Hash256.Of(content).ToString().ShouldBe(hash);
            Outputs[hash] = content;
            return new HttpResponseMessage(HttpStatusCode.Created);
        }

        return Inputs.TryGetValue(hash, out var input) ? Give(input, request.Headers.Range) : new HttpResponseMessage(HttpStatusCode.NotFound);
    }

    private async Task<HttpResponseMessage> SignInAsync(string path, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!;
        var wallet = body["wallet"]!.GetValue<string>();
        if (path == "/api/auth/challenge")
        {
            return Json(new JsonObject { ["challenge"] = ChallengeOf(wallet), ["expiresAt"] = 0 });
        }

        var text = body["challenge"]!.GetValue<string>();
        Signed.Add(text);
        Ed25519.Verify(new PublicKey(wallet).AsSpan(), Encoding.UTF8.GetBytes(text), Contracts.Text.Base58.Decode(body["signature"]!.GetValue<string>())).ShouldBeTrue();
        return Json(new JsonObject
        {
            ["token"] = $"token-{Interlocked.Increment(ref _logins)}",
            ["expiresAt"] = new DateTimeOffset(2025, 1, 1, 1, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds(),
        });
    }

    private HttpResponseMessage Give(byte[] content, RangeHeaderValue? range)
    {
        var from = (int)(range?.Ranges.Single().From ?? 0);
        var answer = new HttpResponseMessage(from > 0 ? HttpStatusCode.PartialContent : HttpStatusCode.OK)
        {
            Content = new StreamContent(new BreakingStream(content[from..], BreakAfter)),
        };
        answer.Content.Headers.ContentRange = from > 0 ? new ContentRangeHeaderValue(from, content.Length - 1, content.Length) : null;
        return answer;
    }

    private static HttpResponseMessage Json(JsonObject body) => new(HttpStatusCode.OK) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };

    private sealed class BreakingStream(byte[] content, int after) : MemoryStream(content, writable: false)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position >= after
                ? throw new IOException("connection reset")
                : base.ReadAsync(buffer[..(int)Math.Min(buffer.Length, after - Position)], cancellationToken);
    }
}

using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Client;

/// <summary>
/// One wallet's view of the API. Every call may be cancelled; it throws <see cref="RefusedException"/> when the API says no, and
/// <see cref="HttpRequestException"/> when nothing answers. Many threads may use one client.
/// </summary>
public sealed partial class HypernodeClient : IDisposable
{
    /// <summary>A session is renewed before it runs out under a request.</summary>
    private static readonly TimeSpan RenewBefore = TimeSpan.FromSeconds(30);

    private readonly Transport _transport;
    private readonly SemaphoreSlim _signingIn = new(1, 1);
    private IWalletSigner? _wallet;
    private DateTimeOffset _sessionEnds;

    /// <param name="http">Its base address is the API's; it stays its owner's.</param>
    public HypernodeClient(HttpClient http, ClientOptions? options = null, TimeProvider? time = null) =>
        _transport = new Transport(http, options ?? new ClientOptions(), time ?? TimeProvider.System);

    /// <summary>Proves that the caller holds the wallet's key; what follows is done in its name.</summary>
    /// <param name="renews">The wallet signs again when the session runs out; false: it is not kept, and what follows then is refused (401).</param>
    public async Task SignInAsync(IWalletSigner wallet, bool renews = true, CancellationToken cancellationToken = default)
    {
        await _signingIn.WaitAsync(cancellationToken);
        try
        {
            await OpenSessionAsync(wallet, cancellationToken);
            _wallet = renews ? wallet : null;
        }
        finally
        {
            _signingIn.Release();
        }
    }

    /// <summary>Any answer as the API writes it, with all that it says.</summary>
    /// <param name="route">Path and query.</param>
    public Task<JsonObject> GetJsonAsync(string route, CancellationToken cancellationToken = default) => GetAsync<JsonObject>(route, cancellationToken);

    public void Dispose() => _signingIn.Dispose();

    /// <summary>Base58 of the wallet's signature over the text's UTF-8.</summary>
    public static async Task<string> SignTextAsync(IWalletSigner wallet, string text, CancellationToken cancellationToken = default) =>
        Base58.Encode(await wallet.SignAsync(Encoding.UTF8.GetBytes(text), cancellationToken));

    internal async Task<T> GetAsync<T>(string route, CancellationToken cancellationToken)
    {
        await RenewAsync(cancellationToken);
        using var answer = await _transport.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, route), mayRepeat: true, cancellationToken);
        return await ReadAsync<T>(answer, cancellationToken);
    }

    /// <param name="mayRepeat">The API takes it twice for once: by its own content, or by the key.</param>
    internal async Task<T> PostAsync<T>(string route, object body, bool mayRepeat, CancellationToken cancellationToken, string? idempotencyKey = null)
    {
        await RenewAsync(cancellationToken);
        return await PostPlainAsync<T>(route, body, mayRepeat || idempotencyKey is not null, idempotencyKey, cancellationToken);
    }

    private async Task<T> PostPlainAsync<T>(string route, object body, bool mayRepeat, string? idempotencyKey, CancellationToken cancellationToken)
    {
        // Buffered: the API wants a length.
        var json = JsonSerializer.SerializeToUtf8Bytes(body, Transport.Json);
        using var answer = await _transport.SendAsync(
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Post, route) { Content = new ByteArrayContent(json) };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                if (idempotencyKey is not null)
                {
                    request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
                }

                return request;
            },
            mayRepeat,
            cancellationToken);
        return await ReadAsync<T>(answer, cancellationToken);
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        if (_wallet is null || !IsEnding())
        {
            return;
        }

        await _signingIn.WaitAsync(cancellationToken);
        try
        {
            if (IsEnding())
            {
                await OpenSessionAsync(_wallet, cancellationToken);
            }
        }
        finally
        {
            _signingIn.Release();
        }
    }

    private bool IsEnding() => _transport.Time.GetUtcNow() >= _sessionEnds - RenewBefore;

    /// <summary>A challenge is answered once: when the answer to that is lost, it takes a new one.</summary>
    private async Task OpenSessionAsync(IWalletSigner wallet, CancellationToken cancellationToken)
    {
        var address = wallet.Address.ToString();
        var challenge = (await PostPlainAsync<ChallengeAnswer>("/api/auth/challenge", new { wallet = address }, mayRepeat: true, null, cancellationToken)).Challenge;
        var signature = await SignTextAsync(wallet, challenge, cancellationToken);
        var login = await PostPlainAsync<LoginAnswer>("/api/auth/login", new { wallet = address, challenge, signature }, mayRepeat: false, null, cancellationToken);
        _transport.Token = login.Token;
        _sessionEnds = login.ExpiresAt == 0 ? DateTimeOffset.MaxValue : DateTimeOffset.FromUnixTimeMilliseconds(login.ExpiresAt);
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer, CancellationToken cancellationToken) =>
        await answer.Content.ReadFromJsonAsync<T>(Transport.Json, cancellationToken)
            ?? throw new InvalidDataException($"the API answered {answer.RequestMessage?.RequestUri?.AbsolutePath} with nothing");

    private static string Escaped(string part) => Uri.EscapeDataString(part);
}

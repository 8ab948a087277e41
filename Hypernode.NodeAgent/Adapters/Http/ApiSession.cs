using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hypernode.NodeAgent.Leases;

namespace Hypernode.NodeAgent.Adapters.Http;

/// <summary>The API as the node: it signs in with the node's key when it must, and again when the session has run out.</summary>
/// <param name="http">With the API's address, and without a time limit of its own: files may be large.</param>
internal sealed class ApiSession(HttpClient http, INodeSigner signer, TimeProvider time) : IDisposable
{
    /// <summary>For an answer's first byte, and for each next piece of it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>A session is renewed before it runs out under a long transfer's feet.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly SemaphoreSlim _signingIn = new(1);
    private (string Token, DateTimeOffset Until)? _session;

    /// <summary>The answer, with its body still to be read. The caller disposes it.</summary>
    /// <param name="make">Makes the request; called again when the session was no good any more.</param>
    /// <param name="patience">Until the answer's head is here, the request's body sent.</param>
    /// <exception cref="HttpRequestException">No answer, or one that says: later. Asking again is safe.</exception>
    public async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, TimeSpan patience, CancellationToken cancellationToken)
    {
        for (var again = false; ; again = true)
        {
            var token = await TokenAsync(cancellationToken);
            using var request = make();
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            var answer = await WithinAsync(patience, ct => http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct), cancellationToken);
            if (answer.StatusCode == HttpStatusCode.Unauthorized && !again)
            {
                // Another key signs its sessions since, say.
                answer.Dispose();
                Forget(token);
                continue;
            }

            if (IsForLater(answer.StatusCode))
            {
                using (answer)
                {
                    throw new HttpRequestException($"the API answers {(int)answer.StatusCode}", null, answer.StatusCode);
                }
            }

            return answer;
        }
    }

    /// <exception cref="HttpRequestException">It took too long.</exception>
    public async Task<T> WithinAsync<T>(TimeSpan patience, Func<CancellationToken, Task<T>> act, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await act(both.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"no answer within {patience.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s", e);
        }
    }

    public void Dispose() => _signingIn.Dispose();

    private static bool IsForLater(HttpStatusCode status) =>
        (int)status >= 500 || status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.Unauthorized;

    private void Forget(string token)
    {
        if (_session?.Token == token)
        {
            _session = null;
        }
    }

    private async Task<string> TokenAsync(CancellationToken cancellationToken)
    {
        await _signingIn.WaitAsync(cancellationToken);
        try
        {
            if (_session is null || time.GetUtcNow() > _session.Value.Until - Margin)
            {
                _session = await SignInAsync(cancellationToken);
            }

            return _session.Value.Token;
        }
        finally
        {
            _signingIn.Release();
        }
    }

    private async Task<(string Token, DateTimeOffset Until)> SignInAsync(CancellationToken cancellationToken)
    {
        var key = signer.Key.ToString();
        var text = (await PostAsync<ChallengeAnswer>("/api/auth/challenge", new { wallet = key }, cancellationToken)).Challenge;
        SignInText.Require(text, key);
        var login = await PostAsync<LoginAnswer>(
            "/api/auth/login", new { wallet = key, challenge = text, signature = signer.Sign(Encoding.UTF8.GetBytes(text)) }, cancellationToken);
        return (login.Token, DateTimeOffset.FromUnixTimeMilliseconds(login.ExpiresAt));
    }

    private Task<T> PostAsync<T>(string path, object body, CancellationToken cancellationToken) => WithinAsync(
        Patience,
        async ct =>
        {
            using var answer = await http.PostAsJsonAsync(path, body, Json, ct);
            answer.EnsureSuccessStatusCode();
            try
            {
                return await answer.Content.ReadFromJsonAsync<T>(Json, ct) ?? throw new JsonException();
            }
            catch (JsonException e)
            {
                throw new HttpRequestException($"{path} answers something else than it should", e);
            }
        },
        cancellationToken);

    private sealed record ChallengeAnswer([property: JsonRequired] string Challenge);

    private sealed record LoginAnswer([property: JsonRequired] string Token, [property: JsonRequired] long ExpiresAt);
}

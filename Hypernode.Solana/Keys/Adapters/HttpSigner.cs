using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Hypernode.Solana;

/// <summary>
/// A key that is kept by a service: <c>POST</c> of <c>{"publicKey": base58, "message": base64}</c>, answered with
/// <c>{"signature": base64}</c>. What the service answers is verified before it is used.
/// </summary>
/// <param name="http">with the time limit that a signature may take</param>
/// <param name="token">sent as a bearer token; null: none. Never part of a message of ours</param>
public sealed class HttpSigner(HttpClient http, Uri address, PublicKey publicKey, string? token = null) : ISigner
{
    public PublicKey PublicKey => publicKey;

    public async ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = JsonContent.Create(new { publicKey = publicKey.Key, message = Convert.ToBase64String(message.Span) }),
        };
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        try
        {
            using var response = await http.SendAsync(request, cancellation);
            if (!response.IsSuccessStatusCode)
            {
                throw Failed($"answered HTTP {(int)response.StatusCode}");
            }

            var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellation);
            var signature = answer.GetProperty("signature").GetBytesFromBase64();
            return publicKey.Verify(message.Span, signature) ? signature : throw Failed("answered with another key's signature, or of another message");
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw Failed("did not answer in time", e);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw Failed(e is HttpRequestException ? e.Message : "answered something else than a signature", e);
        }
    }

    public override string ToString() => publicKey.Key;

    private IOException Failed(string what, Exception? cause = null) => new($"The signer of {publicKey} at {RpcEndpoint.NameOf(address)} {what}.", cause);
}

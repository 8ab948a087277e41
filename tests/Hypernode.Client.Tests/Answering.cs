using System.Net;

namespace Hypernode.Client.Tests;

/// <summary>A server that answers as it is told, one answer a request; it keeps what was asked.</summary>
internal sealed class Answering(params Func<HttpRequestMessage, HttpResponseMessage>[] answers) : HttpMessageHandler
{
    public List<(string Line, string? Key, string? Range)> Asked { get; } = [];

    public HypernodeClient Client(ClientOptions? options = null) =>
        new(new HttpClient(this) { BaseAddress = new Uri("http://test") }, options ?? new ClientOptions { RetryDelay = TimeSpan.Zero });

    public static Func<HttpRequestMessage, HttpResponseMessage> Json(HttpStatusCode status, string json) => _ => new HttpResponseMessage(status)
    {
        Content = new StringContent(json, System.Text.Encoding.UTF8, (int)status < 400 ? "application/json" : "application/problem+json"),
    };

    public static Func<HttpRequestMessage, HttpResponseMessage> Nothing() => _ => throw new HttpRequestException("the connection was reset");

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Asked.Add((
            $"{request.Method} {request.RequestUri!.PathAndQuery}",
            request.Headers.TryGetValues("Idempotency-Key", out var keys) ? keys.Single() : null,
            request.Headers.Range?.ToString()));
        return Task.FromResult(answers[Math.Min(Asked.Count, answers.Length) - 1](request));
    }
}

using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Adapters.Docker;

/// <summary>The Docker Engine API over its Unix socket, in the engine's own version or 1.44, whichever is lower.</summary>
internal sealed class DockerHttp : IDisposable
{
    private static readonly Version Newest = new(1, 44);

    /// <summary>Of the engine's socket.</summary>
    public string Path { get; }

    private readonly HttpClient _http;
    private string? _version;

    /// <param name="host"><c>unix:///path</c>; empty: DOCKER_HOST, else /var/run/docker.sock.</param>
    public DockerHttp(string host)
    {
        var where = host.Length > 0 ? host : Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } fromEnvironment ? fromEnvironment : "unix:///var/run/docker.sock";
        if (!where.StartsWith("unix://", StringComparison.Ordinal))
        {
            throw new ArgumentException("only an engine on this machine will do (unix://…): job files are bind mounts", nameof(host));
        }

        var path = where["unix://".Length..];
        Path = path;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        _http = new HttpClient(handler) { BaseAddress = new Uri("http://engine/"), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The answer's JSON; null for 404 and for an empty body.</summary>
    public async Task<JsonNode?> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        return answer.StatusCode == HttpStatusCode.NotFound ? null : await answer.Content.ReadFromJsonAsync<JsonNode>(cancellationToken);
    }

    /// <summary>Refusals with one of the <paramref name="tolerated"/> codes are returned, others throw.</summary>
    public async Task<(HttpStatusCode Status, string Body)> PostAsync(
        string path, JsonNode? body, CancellationToken cancellationToken, params HttpStatusCode[] tolerated)
    {
        using var answer = await SendAsync(HttpMethod.Post, path, body, cancellationToken, tolerated);
        return (answer.StatusCode, await ReadAsync(answer, cancellationToken));
    }

    public async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        // 409: somebody else is removing it already.
        using var answer = await SendAsync(HttpMethod.Delete, path, null, cancellationToken, HttpStatusCode.Conflict);
    }

    /// <summary>As <see cref="DeleteAsync"/>, and tells what came of it.</summary>
    public async Task<HttpStatusCode> TryDeleteAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, path, null, cancellationToken, HttpStatusCode.Conflict);
        return answer.StatusCode;
    }

    /// <summary>The open answer to a POST, whose body comes while the engine works; the caller disposes it.</summary>
    public async Task<HttpResponseMessage> OpenPostAsync(string path, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(HttpMethod.Post, path, null, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.NotFound)
        {
            return answer;
        }

        using (answer)
        {
            throw new EngineRefusedException(404, MessageOf(await ReadAsync(answer, cancellationToken)));
        }
    }

    /// <summary>The open answer; the caller disposes it, and the connection with it.</summary>
    public async Task<HttpResponseMessage> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.NotFound)
        {
            return answer;
        }

        answer.Dispose();
        throw new EngineRefusedException(404, "no such container");
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken, params HttpStatusCode[] tolerated)
    {
        try
        {
            using var request = new HttpRequestMessage(method, $"v{_version ?? await NegotiateAsync(cancellationToken)}/{path}");
            request.Content = body is null ? null : JsonContent.Create(body);
            var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (answer.IsSuccessStatusCode || answer.StatusCode is HttpStatusCode.NotModified or HttpStatusCode.NotFound || tolerated.Contains(answer.StatusCode))
            {
                return answer;
            }

            using (answer)
            {
                throw new EngineRefusedException((int)answer.StatusCode, MessageOf(await ReadAsync(answer, cancellationToken)));
            }
        }
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            throw new EngineUnavailableException($"the container engine does not answer: {e.Message}", e);
        }
    }

    private async Task<string> NegotiateAsync(CancellationToken cancellationToken)
    {
        using var answer = await _http.GetAsync("_ping", cancellationToken);
        var theirs = answer.Headers.TryGetValues("Api-Version", out var values) && Version.TryParse(values.First(), out var parsed) ? parsed : Newest;
        return _version = (theirs < Newest ? theirs : Newest).ToString(2);
    }

    private static async Task<string> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken) =>
        await answer.Content.ReadAsStringAsync(cancellationToken);

    private static string MessageOf(string body)
    {
        try
        {
            return JsonNode.Parse(body)?["message"]?.GetValue<string>() ?? body;
        }
        catch (System.Text.Json.JsonException)
        {
            return body;
        }
    }

    public static DateTimeOffset Time(JsonNode? node) =>
        DateTimeOffset.TryParse(node?.GetValue<string>(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : default;
}

using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Leases;
using Microsoft.Extensions.Logging;

namespace Hypernode.NodeAgent.Adapters.Http;

/// <summary>
/// The control plane over the API alone, for a machine that reaches no broker: it asks for the next command and waits there, and
/// says what it has to say as it would over the broker. The API keeps a command until it is confirmed, so a lost answer loses nothing.
/// </summary>
public sealed class HttpAgentLink : IAgentLink
{
    private const int WaitSeconds = 25;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly ApiSession _session;
    private readonly NodeId _node;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <param name="api">The API's address.</param>
    public HttpAgentLink(Uri api, NodeId node, INodeSigner signer, TimeProvider time, ILogger<HttpAgentLink> logger)
        : this(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false }, api, node, signer, time, logger)
    {
    }

    internal HttpAgentLink(HttpMessageHandler handler, Uri api, NodeId node, INodeSigner signer, TimeProvider time, ILogger logger)
    {
        _http = new HttpClient(handler) { BaseAddress = api, Timeout = Timeout.InfiniteTimeSpan };
        _session = new ApiSession(_http, signer, time);
        (_node, _time, _logger) = (node, time, logger);
    }

    public async Task ListenAsync(Func<NodeCommand, CancellationToken, Task> handle, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ;)
        {
            try
            {
                if (await PollAsync(cancellationToken) is var (ack, command) && command is not null)
                {
                    await handle(command, cancellationToken);
                    await SayAsync([], [ack], cancellationToken);
                }

                pause = FirstPause;
                continue;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // What was not confirmed comes again: the journal knows what it has.
                _logger.LogWarning("the API gives no command now: {Reason}", e.Message);
            }

            await Task.Delay(pause, _time, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>In order: a receipt has a route of its own, everything before it is there before it goes.</summary>
    public async Task SendAsync(NodeMessage message, CancellationToken cancellationToken)
    {
        var said = new List<NodeMessage>();
        foreach (var one in message is NodeBundle bundle ? bundle.Messages.OfType<NodeMessage>() : [message])
        {
            if (one is not AttemptReported reported)
            {
                said.Add(one);
                continue;
            }

            await SayAsync(said, [], cancellationToken);
            said.Clear();
            await PostAsync("/api/facilitator/complete-job", new { receipt = reported.Receipt, signature = reported.Signature }, cancellationToken);
        }

        await SayAsync(said, [], cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _session.Dispose();
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<(string Ack, NodeCommand? Command)> PollAsync(CancellationToken cancellationToken)
    {
        using var answer = await _session.SendAsync(
            () => new HttpRequestMessage(HttpMethod.Get, $"/api/nodes/poll-job?nodeId={_node}&wait={WaitSeconds}"),
            TimeSpan.FromSeconds(WaitSeconds) + ApiSession.Patience,
            cancellationToken);
        if (answer.StatusCode == HttpStatusCode.NoContent)
        {
            return ("", null);
        }

        if (answer.StatusCode != HttpStatusCode.OK)
        {
            throw new HttpRequestException($"the API answers {(int)answer.StatusCode}", null, answer.StatusCode);
        }

        var polled = await _session.WithinAsync(ApiSession.Patience, ct => answer.Content.ReadFromJsonAsync<Polled>(ContractJson.Options, ct), cancellationToken);
        return polled is { Ack: { } ack, Command: { } command } ? (ack, command) : throw new JsonException("no command in the API's answer");
    }

    private Task SayAsync(IReadOnlyList<NodeMessage> messages, IReadOnlyList<string> acks, CancellationToken cancellationToken) =>
        messages.Count + acks.Count == 0 ? Task.CompletedTask : PostAsync("/api/nodes/heartbeat", new { messages, acks }, cancellationToken);

    /// <exception cref="HttpRequestException">It can't be had now: it is kept and tried again.</exception>
    private async Task PostAsync(string path, object body, CancellationToken cancellationToken)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body, ContractJson.Options);
        using var answer = await _session.SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, $"{path}?nodeId={_node}")
            {
                Content = new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            },
            ApiSession.Patience,
            cancellationToken);
        switch (answer.StatusCode)
        {
            case HttpStatusCode.OK or HttpStatusCode.Accepted:
                return;
            case HttpStatusCode.Conflict or HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge:
                // As over the broker, where such a message is dropped behind its confirm: to say it again would change nothing.
                _logger.LogError("{Path} does not take what this node says: {Status}", path, (int)answer.StatusCode);
                return;
            default:
                throw new HttpRequestException($"the API answers {(int)answer.StatusCode}", null, answer.StatusCode);
        }
    }

    private sealed record Polled(string? Ack, NodeCommand? Command);
}

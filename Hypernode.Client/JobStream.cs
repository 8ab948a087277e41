using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hypernode.Client;

/// <summary>A job's Server-Sent Events, over as many connections as it takes.</summary>
internal sealed class JobStream(Transport transport, Func<CancellationToken, Task> renew, string route)
{
    private const int MaxBroken = 5;

    public async IAsyncEnumerable<JobEvent> FollowAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var broken = 0; broken < MaxBroken; broken++)
        {
            if (broken > 0)
            {
                await transport.PauseAsync(broken, null, cancellationToken);
            }

            await using var events = FollowOnceAsync(after, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await NextAsync(events, cancellationToken) is { } item)
            {
                broken = item.EventType == "log" ? 0 : broken; // a fresh stream always tells the state: that is no progress
                after = item.EventId ?? after;
                yield return ToJobEvent(item);
                if (item.EventType == "end")
                {
                    yield break;
                }
            }
        }

        throw new IOException($"the stream of {route} breaks off again and again");
    }

    private async IAsyncEnumerable<SseItem<string>> FollowOnceAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await renew(cancellationToken);
        using var answer = await transport.SendAsync(
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Get, route);
                request.Headers.Accept.ParseAdd("text/event-stream");
                if (after is not null)
                {
                    request.Headers.Add("Last-Event-ID", after);
                }

                return request;
            },
            mayRepeat: true,
            cancellationToken,
            HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken))
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

    /// <exception cref="InvalidDataException">Not one of the API's events.</exception>
    private static JobEvent ToJobEvent(SseItem<string> item)
    {
        try
        {
            var data = JsonNode.Parse(item.Data)!;
            string? Text(string name) => data[name]?.GetValue<string>();
            return new JobEvent(
                item.EventType,
                data["attempt"]?.GetValue<int>() ?? 0,
                Text("stream"),
                Text("text"),
                Text("state"),
                Text("nodeId"),
                Text("outcome"),
                item.EventType == "log" ? item.EventId : null,
                Text("data") is { } bytes ? Convert.FromBase64String(bytes) : null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            throw new InvalidDataException($"no event of a job: {item.EventType}", e);
        }
    }
}

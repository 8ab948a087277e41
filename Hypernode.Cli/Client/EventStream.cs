using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hypernode.Cli.Client;

/// <summary>A job's Server-Sent Events.</summary>
internal static class EventStream
{
    public static async IAsyncEnumerable<SseItem<string>> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken))
        {
            yield return item;
        }
    }

    /// <exception cref="InvalidDataException">Not one of the API's events.</exception>
    public static JobEvent ToJobEvent(SseItem<string> item)
    {
        try
        {
            var data = JsonNode.Parse(item.Data)!;
            string? Text(string name) => data[name]?.GetValue<string>();
            return new JobEvent(item.EventType, data["attempt"]?.GetValue<int>() ?? 0, Text("stream"), Text("text"), Text("state"), Text("nodeId"), Text("outcome"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new InvalidDataException($"no event of a job: {item.EventType}", e);
        }
    }
}

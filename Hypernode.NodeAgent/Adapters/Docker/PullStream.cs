using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.NodeAgent.Images;

namespace Hypernode.NodeAgent.Adapters.Docker;

/// <summary>Reads what an engine says while it pulls: one JSON object a line, errors too, in the body of an answer that began with 200.</summary>
internal static class PullStream
{
    private const int MaxReason = 300;

    /// <exception cref="ImagePullException">The engine says that it failed, or the image is larger than it may be.</exception>
    public static async Task ReadAsync(Stream body, long maxBytes, Action<PullProgress> progress, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(body);
        var layers = new Dictionary<string, Layer>(StringComparer.Ordinal);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (Parse(line) is not { } said)
            {
                continue;
            }

            if ((Text(said["errorDetail"]?["message"]) ?? Text(said["error"])) is { } reason)
            {
                throw new ImagePullException(reason.Length <= MaxReason ? reason : reason[..MaxReason]);
            }

            if (Text(said["id"]) is not { } id || Text(said["status"]) is not { } status || !Note(layers, id, status, said["progressDetail"]))
            {
                continue;
            }

            var now = new PullProgress(layers.Values.Count(l => l.Done), layers.Count, layers.Values.Sum(l => l.Bytes), layers.Values.Sum(l => l.Total));
            progress(now);
            if (maxBytes > 0 && now.TotalBytes > maxBytes)
            {
                throw new ImagePullException($"it is larger than the {maxBytes >> 20} MiB that an image may have here");
            }
        }
    }

    private static bool Note(Dictionary<string, Layer> layers, string id, string status, JsonNode? detail)
    {
        var layer = layers.GetValueOrDefault(id);
        switch (status)
        {
            case "Pulling fs layer":
                layers[id] = new Layer(0, 0, false);
                return true;
            case "Already exists" or "Pull complete":
                layers[id] = layer with { Bytes = layer.Total, Done = true };
                return true;
            case "Download complete":
                layers[id] = layer with { Bytes = layer.Total };
                return true;
            case "Downloading":
                layers[id] = layer with { Bytes = Number(detail, "current") ?? layer.Bytes, Total = Number(detail, "total") ?? layer.Total };
                return true;
            default:
                return false; // extracting, waiting, retrying, and what later engines may say
        }
    }

    private static JsonObject? Parse(string line)
    {
        try
        {
            return line.Length == 0 ? null : JsonNode.Parse(line) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static long? Number(JsonNode? node, string name) =>
        node is JsonObject detail && detail[name] is JsonValue value && value.TryGetValue(out long number) && number >= 0 ? number : null;

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Layer(long Bytes, long Total, bool Done);
}

using System.Text.Json;
using Hypernode.Api.Http;

namespace Hypernode.Api.Live;

/// <summary>What a client may say: <c>auth</c>, <c>subscribe</c>, <c>unsubscribe</c>, <c>ping</c>.</summary>
/// <param name="Id">Chosen by the client; the answer carries it.</param>
/// <param name="Since">The last event that it has of the channel; null: it has none.</param>
internal sealed record ClientMessage(string Type, string? Id, string? Channel, long? Since, string? Token)
{
    private const int MaxId = 64;
    private const int MaxDepth = 4;

    private static readonly JsonDocumentOptions _strict = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    /// <summary>Bounded by the caller; every field of a message must be one that its type has.</summary>
    /// <exception cref="MessageRefusedException">400: what is wrong with it.</exception>
    public static ClientMessage Parse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var json = JsonDocument.Parse(utf8, _strict);
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? Read(json.RootElement)
                : throw Refused("malformed-message", "a message is a JSON object");
        }
        catch (JsonException)
        {
            throw Refused("malformed-message", "not JSON in UTF-8, too deep, or a field twice");
        }
    }

    private static ClientMessage Read(JsonElement json)
    {
        var id = Text(json, "id", MaxId);
        var type = Text(json, "type", 32) ?? throw Refused("malformed-message", "type: is missing", id);
        string[] allowed = type switch
        {
            "auth" => ["type", "id", "token"],
            "subscribe" => ["type", "id", "channel", "since"],
            "unsubscribe" => ["type", "id", "channel"],
            "ping" => ["type", "id"],
            _ => throw Refused("unknown-message", "type: must be auth, subscribe, unsubscribe or ping", id),
        };
        foreach (var field in json.EnumerateObject())
        {
            if (!allowed.Contains(field.Name, StringComparer.Ordinal))
            {
                throw Refused("malformed-message", $"{type} has no such field: it has {string.Join(", ", allowed)}", id);
            }
        }

        var message = new ClientMessage(type, id, Text(json, "channel", 128), SinceOf(json, id), Text(json, "token", 4_096));
        return message switch
        {
            { Type: "auth", Token: null } => throw Refused("malformed-message", "token: is missing", id),
            { Type: "subscribe" or "unsubscribe", Channel: null } => throw Refused("malformed-message", "channel: is missing", id),
            _ => message,
        };
    }

    private static string? Text(JsonElement json, string name, int longest)
    {
        if (!json.TryGetProperty(name, out var value))
        {
            return null;
        }

        try
        {
            return value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text && text.Length <= longest
                ? text
                : throw Refused("malformed-message", $"{name}: must be a text of 1 to {longest} characters");
        }
        catch (InvalidOperationException)
        {
            throw Refused("malformed-message", $"{name}: is no valid text");
        }
    }

    private static long? SinceOf(JsonElement json, string? id) =>
        !json.TryGetProperty("since", out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var since) && since >= 0 ? since
        : throw Refused("malformed-message", "since: must be a whole number from 0", id);

    private static MessageRefusedException Refused(string kind, string detail, string? id = null) =>
        new(new Problem(kind, 400, detail), id);
}

/// <summary>A client's message that is answered with an error.</summary>
internal sealed class MessageRefusedException(Problem problem, string? id = null) : Exception(problem.Detail)
{
    public Problem Problem { get; } = problem;

    public string? Id { get; } = id;
}

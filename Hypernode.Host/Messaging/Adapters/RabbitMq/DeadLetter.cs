using System.Text;
using System.Text.Json;
using Hypernode.Contracts.Jobs;
using RabbitMQ.Client;

namespace Hypernode.Host.Messaging.Adapters.RabbitMq;

/// <summary>A message that could not be handled, as it lies in <c>hypernode.dead</c>.</summary>
/// <param name="MessageId">The original's: the inbox knows it, so a second replay changes nothing.</param>
/// <param name="Queue">Where it came from, and where a replay puts it.</param>
/// <param name="Cause">The exception's type, or what the broker said.</param>
/// <param name="Detail">Our own words; never another's message, which may quote what must not be shown.</param>
/// <param name="Job">Where the body says it.</param>
/// <param name="Count">How often it has been parked, replays included.</param>
internal sealed record DeadLetter(
    string? MessageId, string Queue, string Cause, string Detail, string? Type, JobId? Job, int Count, DateTimeOffset? At)
{
    private const string QueueHeader = "dead-queue";
    private const string CauseHeader = "dead-cause";
    private const string DetailHeader = "dead-detail";
    private const string TypeHeader = "dead-type";
    private const string JobHeader = "dead-job";
    private const string CountHeader = "dead-count";
    private const string AtHeader = "dead-at";
    private const int MaxText = 500;
    private const int MaxBodyRead = 1 << 20;

    /// <summary>What is told of a failure: the whole of it is in the log.</summary>
    public static DeadLetter Of(string queue, string? messageId, Exception? exception, ReadOnlyMemory<byte> body, int earlier, DateTimeOffset at)
    {
        var (type, job) = Read(body);
        var (cause, detail) = Why(exception?.GetBaseException());
        return new(messageId, queue, cause, detail.Length > MaxText ? detail[..MaxText] : detail, type, job, earlier + 1, at);
    }

    /// <summary>A parked message: ours by its headers, the broker's own by <c>x-death</c>.</summary>
    public static DeadLetter Of(IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body)
    {
        if (Text(properties, QueueHeader) is { } queue)
        {
            return new(
                properties.MessageId,
                queue,
                Text(properties, CauseHeader) ?? "",
                Text(properties, DetailHeader) ?? "",
                Text(properties, TypeHeader),
                JobId.TryParse(Text(properties, JobHeader), null, out var job) ? job : null,
                CountOf(properties),
                DateTimeOffset.TryParse(Text(properties, AtHeader), out var at) ? at : null);
        }

        var death = properties.Headers?.TryGetValue("x-death", out var deaths) == true && deaths is IList<object> { Count: > 0 } list
            ? list[0] as IDictionary<string, object?>
            : null;
        var (type, jobId) = Read(body);
        return new(
            properties.MessageId,
            death?["queue"] is byte[] from ? Encoding.UTF8.GetString(from) : "",
            death?["reason"] is byte[] reason ? Encoding.UTF8.GetString(reason) : "unknown",
            "the broker parked it: it was delivered too often, and no delivery was answered",
            type,
            jobId,
            1,
            null);
    }

    public static int CountOf(IReadOnlyBasicProperties properties) => int.TryParse(Text(properties, CountHeader), out var count) ? count : 0;

    /// <summary>Only what a replay needs: a stranger's or a failed worker's headers go no further.</summary>
    public BasicProperties ToProperties(string? contentType)
    {
        var properties = new BasicProperties { Persistent = true, ContentType = contentType, Headers = new Dictionary<string, object?>() };
        if (MessageId is not null)
        {
            properties.MessageId = MessageId;
        }

        foreach (var (name, value) in new[]
        {
            (QueueHeader, Queue), (CauseHeader, Cause), (DetailHeader, Detail), (TypeHeader, Type),
            (JobHeader, Job?.ToString()), (CountHeader, $"{Count}"), (AtHeader, At?.ToString("O")),
        })
        {
            if (value is not null)
            {
                properties.Headers[name] = value;
            }
        }

        return properties;
    }

    /// <summary>As it goes back to its queue: it remembers how often it was here, and nothing else.</summary>
    public BasicProperties ToReplay(string? contentType)
    {
        var properties = new BasicProperties
        {
            Persistent = true,
            ContentType = contentType,
            Headers = new Dictionary<string, object?> { [CountHeader] = $"{Count}" },
        };
        if (MessageId is not null)
        {
            properties.MessageId = MessageId;
        }

        return properties;
    }

    private static (string Cause, string Detail) Why(Exception? exception) => exception switch
    {
        null => ("unconsumed", "nobody here takes a message of this type"),
        _ when exception.GetType().FullName is { } name && name.StartsWith("Hypernode.", StringComparison.Ordinal) => (name, exception.Message),
        JsonException or System.Runtime.Serialization.SerializationException or NotSupportedException or FormatException =>
            (exception.GetType().FullName!, "the body can't be read as a message of this version"),
        _ => (exception.GetType().FullName!, "it failed at every try; the log of the host that took it says how"),
    };

    /// <summary>What an envelope says of itself, as far as it can be read at all.</summary>
    private static (string? Type, JobId? Job) Read(ReadOnlyMemory<byte> body)
    {
        if (body.Length > MaxBodyRead)
        {
            return default;
        }

        try
        {
            using var envelope = JsonDocument.Parse(body);
            var root = envelope.RootElement;
            var type = Member(root, "messageType") is { ValueKind: JsonValueKind.Array } types ? types.EnumerateArray().FirstOrDefault() : default;
            var job = Member(root, "message") is { } message ? Member(message, "jobId") : null;
            return (AsText(type), JobId.TryParse(AsText(job), null, out var jobId) ? jobId : null);
        }
        catch (JsonException)
        {
            return default;
        }

        static JsonElement? Member(JsonElement of, string name) =>
            of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) ? value : null;

        static string? AsText(JsonElement? value) => value is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
    }

    private static string? Text(IReadOnlyBasicProperties properties, string name) =>
        properties.Headers?.TryGetValue(name, out var value) == true
            ? value switch { byte[] bytes => Encoding.UTF8.GetString(bytes), string text => text, _ => null }
            : null;
}

using System.Globalization;
using System.Text.Json;
using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Hypernode.Api.Reading;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hypernode.Api.Nodes;

/// <summary>
/// A node without a broker: it asks for its next command, confirms what it has on its disk, and says what it has to say. The same
/// queue, journal and fencing as over the broker; only the way is another.
/// </summary>
internal static class NodeWorkEndpoints
{
    /// <summary>Log chunks in base64: more than any other JSON body.</summary>
    internal const int MaxBytes = 4 * 1024 * 1024;

    private const int LongestWait = 30;
    private const int UsualWait = 25;
    private const int MaxAcks = 64;

    public static void MapNodeWork(this IEndpointRouteBuilder nodes)
    {
        nodes.MapGet("/poll-job", PollAsync)
            .Answers<PolledCommand>(200)
            .Produces(204)
            .Refuses(400)
            .WithSummary("The node's next command, as soon as there is one (?wait= seconds, at most 30); 204: none came. It comes again until it is confirmed.");
        nodes.MapPost("/heartbeat", BeatAsync)
            .WithMetadata(new BodyLimit(MaxBytes))
            .TakesJson<HeartbeatRequest>()
            .Answers<HeartbeatAnswer>(200)
            .WithSummary("What a node has to say, in order: beats, log chunks, starts, declines; and which commands it has on its disk.");
    }

    private static async Task<IResult> PollAsync(HttpContext context, string? wait, string? nodeId, INodeMailbox mailbox, CancellationToken cancellationToken)
    {
        _ = nodeId; // read with the session's nodes
        var seconds = UsualWait;
        if (wait is not null && (!int.TryParse(wait, NumberStyles.None, CultureInfo.InvariantCulture, out seconds) || seconds > LongestWait))
        {
            return Problem.InvalidField("?wait", "out-of-range", $"must be from 0 to {LongestWait}");
        }

        var held = await mailbox.TakeAsync(context.SpeakingNode().Id, TimeSpan.FromSeconds(seconds), cancellationToken);
        return held is null
            ? Results.NoContent()
            : ApiJson.Answer(new PolledCommand(held.Ack, JsonSerializer.SerializeToElement(held.Command, ContractJson.Options)));
    }

    private static async Task<IResult> BeatAsync(
        HttpContext context, string? nodeId, INodeMailbox mailbox, INodeIngress ingress, TimeProvider time, CancellationToken cancellationToken)
    {
        _ = nodeId; // read with the session's nodes
        var node = context.SpeakingNode();
        var (body, errors) = await BodyReader.ReadObjectAsync(context.Request, MaxBytes, cancellationToken);
        var acks = body.Texts("acks", 0, MaxAcks, 64, required: false) ?? [];
        var messages = ReadMessages(body);
        body.Close();
        errors.ThrowIfAny();

        // What was said first: a confirmed command's start is not to be overtaken by the next command.
        if (messages.Count > 0)
        {
            await ingress.AcceptAsync(node.Id, new NodeBundle(messages), cancellationToken);
        }

        var confirmed = acks.ToLookup(a => mailbox.Confirm(node.Id, a));
        return ApiJson.Answer(new HeartbeatAnswer([.. confirmed[true]], [.. confirmed[false]], messages.Count(m => m is null), time.GetUtcNow().ToUnixTimeMilliseconds()));
    }

    private static IReadOnlyList<NodeMessage?> ReadMessages(JsonFields body)
    {
        if (body.Raw("messages", JsonValueKind.Array, "an array", required: false) is not { } items)
        {
            return [];
        }

        if (items.GetArrayLength() > NodeBundle.MaxMessages)
        {
            body.Errors.Add(body.At("messages"), "out-of-range", $"must have at most {NodeBundle.MaxMessages} items");
            return [];
        }

        var messages = items.EnumerateArray().Select(Read).ToList();
        if (messages.Sum(m => (m as LogChunks)?.Chunks?.Count ?? 0) > NodeBundle.MaxChunks)
        {
            body.Errors.Add(body.At("messages"), "out-of-range", $"must have at most {NodeBundle.MaxChunks} log chunks together");
        }

        return messages;
    }

    /// <summary>Null: not a message that this version knows; its neighbours are none the worse.</summary>
    private static NodeMessage? Read(JsonElement item)
    {
        try
        {
            return item.Deserialize<NodeMessage>(ContractJson.Options);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or FormatException)
        {
            return null;
        }
    }
}

/// <param name="Ack">Goes into the next heartbeat's acks, once the command is on the node's disk.</param>
/// <param name="Command">As in the node's queue: <c>kind</c> is <c>execute</c> or <c>stop</c>.</param>
public sealed record PolledCommand(string Ack, JsonElement Command);

/// <param name="Acks">Of commands that the node has on its disk; at most 64.</param>
/// <param name="Messages">As over the broker, each with its <c>kind</c>; at most 64, with at most 256 log chunks.</param>
public sealed record HeartbeatRequest(IReadOnlyList<string>? Acks, IReadOnlyList<NodeMessage>? Messages);

/// <param name="Acked">Confirmed: these commands do not come again.</param>
/// <param name="Unknown">Not held here (any more): these commands come again, with another ack.</param>
/// <param name="Unread">So many messages are of a kind that is not known here, or malformed; they were dropped.</param>
/// <param name="At">Our clock, ms since the epoch.</param>
public sealed record HeartbeatAnswer(IReadOnlyList<string> Acked, IReadOnlyList<string> Unknown, int Unread, long At);

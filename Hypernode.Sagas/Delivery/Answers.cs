using System.Security.Cryptography;
using MassTransit;

namespace Hypernode.Sagas.Delivery;

/// <summary>How an answer is tied to its command: a command that is run twice answers once.</summary>
public static class Answers
{
    /// <summary>On an event: the message id of the command that it answers, whose outbox row goes with the event's commit.</summary>
    public const string CommandHeader = "hypernode-cause";

    /// <summary>The message id of a command's answer.</summary>
    public static Guid IdOf(Guid command)
    {
        Span<byte> text = stackalloc byte[17];
        command.TryWriteBytes(text);
        text[16] = (byte)'a';
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(text, hash);
        return new Guid(hash[..16]);
    }

    /// <summary>Null: the message answers no command.</summary>
    public static Guid? CommandOf(MessageContext context) =>
        context.Headers.TryGetHeader(CommandHeader, out var header) && Guid.TryParse(header?.ToString(), out var id) ? id : null;
}

using System.Collections.Frozen;
using System.Text.Json;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Sagas.Engine;

/// <summary>Contracts as rows: the type by its full name (frozen: it is the message's identity), the body as JSON.</summary>
public static class ContractCodec
{
    private static readonly FrozenDictionary<string, Type> Types = typeof(IJobMessage).Assembly.GetTypes()
        .Where(t => t is { IsClass: true, IsAbstract: false } && typeof(IJobMessage).IsAssignableFrom(t))
        .ToFrozenDictionary(t => t.FullName!);

    /// <summary>Commands for agents carry their kind, the others are plain.</summary>
    public static string Serialize(object message) => message is NodeCommand command
        ? JsonSerializer.Serialize(command, ContractJson.Options)
        : JsonSerializer.Serialize(message, message.GetType(), ContractJson.Options);

    /// <exception cref="InvalidDataException">A row of a type that this version does not know, or that does not parse.</exception>
    public static object Deserialize(string type, string body)
    {
        if (!Types.TryGetValue(type, out var clr))
        {
            throw new InvalidDataException($"unknown message type {type}");
        }

        var target = typeof(NodeCommand).IsAssignableFrom(clr) ? typeof(NodeCommand) : clr;
        try
        {
            return JsonSerializer.Deserialize(body, target, ContractJson.Options) ?? throw new InvalidDataException($"empty {type}");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new InvalidDataException($"a body that is no {type}", e);
        }
    }
}

using System.Text.Json;

namespace Hypernode.Solana;

/// <summary>Why the runtime refused a transaction, as the RPC says it.</summary>
/// <param name="Kind">the runtime's name: BlockhashNotFound, InstructionError, ...</param>
/// <param name="InstructionIndex">which instruction failed, for an InstructionError</param>
/// <param name="InstructionError">the runtime's name of the instruction's error; "Custom" for a program's own</param>
/// <param name="CustomCode">the program's own number</param>
public sealed record TransactionError(string Kind, int? InstructionIndex = null, string? InstructionError = null, uint? CustomCode = null)
{
    /// <summary>Null for JSON null. A shape nobody knows becomes a kind, never an exception: it is an error all the same.</summary>
    public static TransactionError? Parse(JsonElement error)
    {
        switch (error.ValueKind)
        {
            case JsonValueKind.Null or JsonValueKind.Undefined:
                return null;
            case JsonValueKind.String:
                return new TransactionError(error.GetString()!);
            case JsonValueKind.Object when First(error) is var (name, value):
                return name == nameof(InstructionError) && ParseInstruction(value) is { } parsed ? parsed : new TransactionError(name);
            default:
                return new TransactionError("Unreadable");
        }
    }

    private static TransactionError? ParseInstruction(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() != 2
            || value[0].ValueKind != JsonValueKind.Number || !value[0].TryGetInt32(out var index))
        {
            return null;
        }

        var inner = value[1];
        if (inner.ValueKind == JsonValueKind.String)
        {
            return new TransactionError(nameof(InstructionError), index, inner.GetString());
        }

        if (inner.ValueKind != JsonValueKind.Object || First(inner) is not var (name, detail))
        {
            return new TransactionError(nameof(InstructionError), index, "Unreadable");
        }

        uint? code = name == "Custom" && detail.ValueKind == JsonValueKind.Number && detail.TryGetUInt32(out var number) ? number : null;
        return new TransactionError(nameof(InstructionError), index, name, code);
    }

    private static (string Name, JsonElement Value)? First(JsonElement map)
    {
        foreach (var property in map.EnumerateObject())
        {
            return (property.Name, property.Value);
        }

        return null;
    }
}

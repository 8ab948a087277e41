using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Intents;

/// <summary>A payment intent, and the seed of its accounts on chain. A UUID in lower case.</summary>
[JsonConverter(typeof(ParsableJsonConverter<IntentId>))]
public readonly record struct IntentId(Guid Value) : IParsable<IntentId>
{
    public static IntentId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException("not a lower-case UUID");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out IntentId result)
    {
        var ok = IdText.TryParse(s, out var value);
        result = new IntentId(value);
        return ok;
    }

    /// <summary>16 bytes in network order, as the programs on chain use them (not <see cref="Guid.ToByteArray()"/>).</summary>
    public byte[] ToBytes() => Value.ToByteArray(bigEndian: true);

    public override string ToString() => Value.ToString("D");
}

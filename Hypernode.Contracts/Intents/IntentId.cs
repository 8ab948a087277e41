using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Intents;

/// <summary>A payment intent, and the seed of its accounts on chain. A UUID in lower case.</summary>
[JsonConverter(typeof(ParsableJsonConverter<IntentId>))]
public readonly record struct IntentId(Guid Value) : IParsable<IntentId>
{
    /// <summary>
    /// The id that follows from a nonce, so that what commits to the id (as an x402 deposit's address does) commits to job, payer
    /// and settle_by as well: SHA-256("HYPERNODE/x402-intent/v1" ‖ nonce), its first 16 bytes, marked as a UUID of version 8.
    /// </summary>
    public static IntentId Of(Hash256 nonce)
    {
        var bytes = SHA256.HashData([.. "HYPERNODE/x402-intent/v1"u8, .. nonce.ToBytes()])[..16];
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new IntentId(new Guid(bytes, bigEndian: true));
    }

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

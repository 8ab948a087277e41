using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace Hypernode.Contracts.Text;

/// <summary>A SHA-256 value: 32 bytes, written as 64 lower-case hex characters. Also used for nonces and salts of 32 bytes.</summary>
[JsonConverter(typeof(ParsableJsonConverter<Hash256>))]
public readonly record struct Hash256 : IParsable<Hash256>
{
    private readonly string? _hex;

    private Hash256(string hex) => _hex = hex;

    public static Hash256 Zero { get; } = new(new string('0', 64));

    /// <summary>The hash of <paramref name="data"/>.</summary>
    public static Hash256 Of(ReadOnlySpan<byte> data) => FromBytes(SHA256.HashData(data));

    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static Hash256 FromBytes(ReadOnlySpan<byte> bytes) =>
        bytes.Length == 32 ? new(Convert.ToHexStringLower(bytes)) : throw new ArgumentException("a hash has 32 bytes", nameof(bytes));

    public static Hash256 Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var hash) ? hash : throw new FormatException("not 64 lower-case hex characters");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Hash256 result)
    {
        var ok = s is { Length: 64 } && !s.ContainsAnyExcept(IdText.LowerHex);
        result = ok ? new Hash256(s!) : default;
        return ok;
    }

    public byte[] ToBytes() => Convert.FromHexString(ToString());

    public override string ToString() => _hex ?? Zero._hex!;

    /// <summary>The default value is the all-zero one.</summary>
    public bool Equals(Hash256 other) => ToString() == other.ToString();

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);
}

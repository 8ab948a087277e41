using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Intents;

/// <summary>An Ed25519 public key of 32 bytes in base58: a wallet, a mint or a program.</summary>
[JsonConverter(typeof(ParsableJsonConverter<WalletAddress>))]
public readonly record struct WalletAddress : IParsable<WalletAddress>
{
    private readonly string? _text;

    private WalletAddress(string text) => _text = text;

    public static WalletAddress FromBytes(ReadOnlySpan<byte> bytes) =>
        bytes.Length == 32 ? new(Base58.Encode(bytes)) : throw new ArgumentException("an address has 32 bytes", nameof(bytes));

    public static WalletAddress Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var address) ? address : throw new FormatException("not 32 bytes in base58");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out WalletAddress result)
    {
        // A key has no second spelling: base58 keeps leading zeros, and each text is a value of its own.
        Span<byte> bytes = stackalloc byte[32];
        var ok = s is { Length: >= 32 and <= 44 } && Base58.TryDecode(s, bytes, out var length) && length == 32;
        result = ok ? new WalletAddress(s!) : default;
        return ok;
    }

    public byte[] ToBytes() => Base58.Decode(ToString());

    public override string ToString() => _text ?? "11111111111111111111111111111111";

    /// <summary>The default value is the all-zero one.</summary>
    public bool Equals(WalletAddress other) => ToString() == other.ToString();

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);
}

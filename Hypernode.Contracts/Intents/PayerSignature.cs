using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Intents;

/// <summary>
/// How the payer agreed to an intent: a signature over its text, or over the transaction that locks the payment and carries
/// the same text as a memo. As text: the signature in base58; with <c>blockhash:</c> before it where a transaction was signed.
/// </summary>
/// <param name="Value">64 bytes, base58.</param>
/// <param name="Blockhash">32 bytes, base58: with it, the signed transaction can be built again, byte by byte. Null: the text was signed.</param>
[JsonConverter(typeof(ParsableJsonConverter<PayerSignature>))]
public readonly record struct PayerSignature(string Value, string? Blockhash = null) : IParsable<PayerSignature>
{
    private const int MaxLength = 160;

    /// <summary>Of a job whose submission has not come yet.</summary>
    public static PayerSignature None { get; } = new("");

    public static PayerSignature Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var signature) ? signature : throw new FormatException("not a payer's signature");

    /// <summary>Takes the text apart; whether it is a signature, and whose, is the chain's adapter to say.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out PayerSignature result)
    {
        var parts = s is { Length: <= MaxLength } ? s.Split(':') : [];
        result = parts switch
        {
            [var value] => new PayerSignature(value),
            [{ Length: > 0 } blockhash, { Length: > 0 } value] => new PayerSignature(value, blockhash),
            _ => default,
        };
        return result.Value is not null;
    }

    public override string ToString() => Blockhash is null ? Value : $"{Blockhash}:{Value}";
}

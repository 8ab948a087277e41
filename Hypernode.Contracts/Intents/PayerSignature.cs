using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Intents;

/// <summary>
/// How the payer agreed to an intent: a signature over its text, or over the transaction that locks the payment and carries
/// the same text as a memo, or over a plain transfer to the address of its terms. As text: the signature in base58; with
/// <c>blockhash:</c> before it where a transaction was signed; for a transfer see <see cref="DepositPayment"/>.
/// </summary>
/// <param name="Value">64 bytes, base58.</param>
/// <param name="Blockhash">32 bytes, base58: with it, the signed transaction can be built again, byte by byte. Null: the text was signed.</param>
/// <param name="Deposit">The transfer that was signed; null: not that way.</param>
[JsonConverter(typeof(ParsableJsonConverter<PayerSignature>))]
public readonly record struct PayerSignature(string Value, string? Blockhash = null, DepositPayment? Deposit = null) : IParsable<PayerSignature>
{
    private const int MaxLength = 160;

    /// <summary>Of a job whose submission has not come yet.</summary>
    public static PayerSignature None { get; } = new("");

    public static PayerSignature Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var signature) ? signature : throw new FormatException("not a payer's signature");

    /// <summary>Takes the text apart; whether it is a signature, and whose, is the chain's adapter to say.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out PayerSignature result)
    {
        var parts = s is { Length: <= MaxLength } || (s is { Length: <= DepositPayment.MaxText } && s.StartsWith($"{DepositPayment.Mark}:", StringComparison.Ordinal))
            ? s.Split(':')
            : [];
        result = parts switch
        {
            [var value] => new PayerSignature(value),
            [{ Length: > 0 } blockhash, { Length: > 0 } value] => new PayerSignature(value, blockhash),
            [DepositPayment.Mark, var mint, var amount, var transaction, { Length: > 0 } value] when DepositPayment.Parse(mint, amount, transaction) is { } deposit =>
                new PayerSignature(value, null, deposit),
            _ => default,
        };
        return result.Value is not null;
    }

    /// <summary>What the escrow holds, in base units of the mint that it is in.</summary>
    /// <param name="authorized">The intent's amount.</param>
    public HyperAmount Funded(HyperAmount authorized) => Deposit?.Amount ?? authorized;

    public override string ToString() => Deposit is { } deposit ? deposit.ToText(Value) : Blockhash is null ? Value : $"{Blockhash}:{Value}";
}

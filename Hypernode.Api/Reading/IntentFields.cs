using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Reading;

/// <summary>Reads the parts of a submission that a wallet stands for.</summary>
internal static class IntentFields
{
    /// <summary>What fits into one packet of the network.</summary>
    private const int MaxTransactionBytes = 1_232;

    public const string AddressForm = "an address: 32 bytes in base58";

    /// <summary>The last second of the year 9999: what a date can hold.</summary>
    private const long MaxMs = 253_402_300_799_999;

    public static PaymentIntent? ReadIntent(JsonFields? intent)
    {
        if (intent is null)
        {
            return null;
        }

        var id = intent.Parsed<IntentId>("intentId", "a UUID in lower case");
        var client = intent.Parsed<WalletAddress>("client", AddressForm);
        var amount = intent.Amount("amount");
        var job = intent.Parsed<JobId>("jobId", "job- and a UUID in lower case");
        var timestamp = intent.Integer("timestamp", 0, MaxMs);
        var expires = intent.Integer("expiresAt", 0, MaxMs);
        var nonce = intent.Parsed<Hash256>("nonce", "64 lower-case hex characters");

        // For the client's own use (white paper §3.2): it is not signed, so it means nothing here and is not kept.
        intent.Object("metadata", required: false);
        intent.Close();
        return intent.Errors.Any
            ? null
            : new PaymentIntent(id!.Value, client!.Value, amount!.Value, job!.Value, timestamp!.Value, expires!.Value, nonce!.Value);
    }

    public static (Hash256 Salt, long SettleBy)? ReadReveal(JsonFields? reveal)
    {
        if (reveal is null)
        {
            return null;
        }

        var salt = reveal.Parsed<Hash256>("salt", "64 lower-case hex characters");
        var settleBy = reveal.Integer("settleBy", 1, MaxMs / 1000);
        reveal.Close();
        return salt is null || settleBy is null ? null : (salt.Value, settleBy.Value);
    }

    /// <summary>What the wallet signed, in one of its two forms: a signature of the text, or a transaction.</summary>
    public static (string? Signature, byte[]? Transaction) ReadAgreement(JsonFields body)
    {
        if (!body.Has("transaction"))
        {
            // Neither: it is paid for by x402, or asks how.
            return (body.Has("signature") ? ReadSignature(body, "signature") : null, null);
        }

        if (body.Has("signature"))
        {
            body.Errors.Add(body.At("signature"), "one-of", "give a signature of the text or a signed transaction, not both");
        }

        return (null, ReadBase64(body, "transaction", MaxTransactionBytes));
    }

    private static byte[]? ReadBase64(JsonFields fields, string name, int maxBytes)
    {
        var text = fields.Text(name, (maxBytes + 2) / 3 * 4);
        var bytes = new byte[maxBytes];
        if (text is null)
        {
            return null;
        }

        if (Convert.TryFromBase64String(text, bytes, out var length) && Convert.ToBase64String(bytes, 0, length) == text)
        {
            return bytes[..length];
        }

        fields.Errors.Add(fields.At(name), "malformed", $"must be base64 of at most {maxBytes} bytes");
        return null;
    }

    /// <summary>64 bytes in base58, in their one spelling.</summary>
    public static string? ReadSignature(JsonFields fields, string name)
    {
        var text = fields.Text(name, 128);
        if (text is null)
        {
            return null;
        }

        if (Base58.TryDecode(text, out var bytes) && bytes.Length == 64 && Base58.Encode(bytes) == text)
        {
            return text;
        }

        fields.Errors.Add(fields.At(name), "malformed", "must be a signature: 64 bytes in base58");
        return null;
    }
}

using System.Globalization;
using System.Text.Json;
using Hypernode.Api.Http;
using Hypernode.Api.Reading;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.X402;

/// <summary>What /verify and /settle are asked, in both versions. x402's documents may hold more than is read here.</summary>
internal sealed record FacilitatorFields(
    int Version, string Scheme, string Network, string PayloadScheme, string PayloadNetwork, string FeePayer, TransferTerms Terms, byte[] Transaction)
{
    private const int MaxTransactionBytes = 1_232;

    /// <exception cref="RefusedException">400: it is no such request.</exception>
    public static FacilitatorFields Read(JsonFields body)
    {
        var root = body.Whole;
        var (payload, required) = (Member(root, "paymentPayload"), Member(root, "paymentRequirements"));
        var version = Member(root, "x402Version") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var v) ? v : 0;
        var accepted = version == 1 ? payload : Member(payload, "accepted");
        if (version is not (1 or 2))
        {
            throw Malformed("/x402Version", "must be 1 or 2");
        }

        var bytes = new byte[MaxTransactionBytes];
        if (Text(Member(payload, "payload"), "transaction") is not { } transaction || !Convert.TryFromBase64String(transaction, bytes, out var length))
        {
            throw Malformed("/paymentPayload/payload/transaction", $"must be base64 of at most {MaxTransactionBytes} bytes");
        }

        var amountName = version == 1 ? "maxAmountRequired" : "amount";
        if (!ulong.TryParse(Text(required, amountName), NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
        {
            throw Malformed($"/paymentRequirements/{amountName}", "must be base units, as text");
        }

        return new FacilitatorFields(
            version,
            Text(required, "scheme") ?? "",
            Text(required, "network") ?? "",
            Text(accepted, "scheme") ?? "",
            Text(accepted, "network") ?? "",
            Text(Member(required, "extra"), "feePayer") ?? "",
            new TransferTerms(Address(required, "asset"), Address(required, "payTo"), new HyperAmount(amount), Text(Member(required, "extra"), "memo")),
            bytes[..length]);
    }

    private static WalletAddress Address(JsonElement required, string name) =>
        WalletAddress.TryParse(Text(required, name), CultureInfo.InvariantCulture, out var address)
            ? address
            : throw Malformed($"/paymentRequirements/{name}", IntentFields.AddressForm);

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : default;

    private static string? Text(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static RefusedException Malformed(string pointer, string detail) => new(Problem.InvalidField(pointer, "malformed", detail));
}

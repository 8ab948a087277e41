using System.Text.Json;
using Hypernode.Api.Http;
using Hypernode.Api.Reading;
using Hypernode.Contracts.Intents;
using Microsoft.AspNetCore.Http;

namespace Hypernode.Api.X402;

/// <summary>A payment as a client sent it.</summary>
/// <param name="Transaction">Signed by the client.</param>
/// <param name="Accepted">v2 only: the requirement that the client says it pays.</param>
internal sealed record SentPayment(int Version, string Scheme, string Network, byte[] Transaction, AcceptedRequirement? Accepted)
{
    public string ResponseHeader => Version == 1 ? X402Headers.ResponseV1 : X402Headers.ResponseV2;
}

internal sealed record AcceptedRequirement(string Amount, string Asset, string PayTo);

/// <summary>x402's headers: JSON in base64.</summary>
internal static class X402Headers
{
    public const string Required = "PAYMENT-REQUIRED";
    public const string PaymentV2 = "PAYMENT-SIGNATURE";
    public const string PaymentV1 = "X-PAYMENT";
    public const string ResponseV2 = "PAYMENT-RESPONSE";
    public const string ResponseV1 = "X-PAYMENT-RESPONSE";

    /// <summary>What a client in a browser has to be allowed to read.</summary>
    public static IReadOnlyList<string> Answered { get; } = [Required, ResponseV2, ResponseV1, "Preference-Applied"];

    private const int MaxLength = 8_192;
    private const int MaxDepth = 16;
    private const int MaxTransactionBytes = 1_232;

    public static string Encode<T>(T document) => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(document, ApiJson.Options));

    /// <summary>Null: none was sent.</summary>
    /// <exception cref="RefusedException">400: it is no payment of x402.</exception>
    public static SentPayment? Read(HttpRequest request)
    {
        var (name, version) = request.Headers.ContainsKey(PaymentV2) ? (PaymentV2, 2) : (PaymentV1, 1);
        if (request.Headers[name] is not [{ Length: > 0 } text])
        {
            return request.Headers.ContainsKey(name) ? throw Malformed(name, "must be there once") : null;
        }

        var root = Decode(name, text);
        var scheme = version == 1 ? root : Member(root, "accepted");
        if (Number(root, "x402Version") != version || Text(scheme, "scheme") is not { } schemeName || Text(scheme, "network") is not { } network
            || Text(Member(root, "payload"), "transaction") is not { } transaction)
        {
            throw Malformed(name, $"is no payment of x402 version {version}");
        }

        var bytes = new byte[MaxTransactionBytes];
        if (!Convert.TryFromBase64String(transaction, bytes, out var length))
        {
            throw Malformed(name, $"has a transaction that is no base64 of at most {MaxTransactionBytes} bytes");
        }

        var accepted = version == 1 ? null : new AcceptedRequirement(Text(scheme, "amount") ?? "", Text(scheme, "asset") ?? "", Text(scheme, "payTo") ?? "");
        return new SentPayment(version, schemeName, network, bytes[..length], accepted);
    }

    private static JsonElement Decode(string name, string text)
    {
        var bytes = new byte[MaxLength];
        if (text.Length > MaxLength || !Convert.TryFromBase64String(text, bytes, out var length))
        {
            throw Malformed(name, $"must be base64 of at most {MaxLength} characters");
        }

        try
        {
            using var document = JsonDocument.Parse(bytes.AsMemory(0, length), new JsonDocumentOptions { MaxDepth = MaxDepth });
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : throw Malformed(name, "must be a JSON object");
        }
        catch (JsonException)
        {
            throw Malformed(name, "is no JSON");
        }
    }

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : default;

    private static string? Text(JsonElement element, string name)
    {
        try
        {
            return Member(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null; // half a surrogate is no text
        }
    }

    private static int? Number(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value) ? value : null;

    private static RefusedException Malformed(string header, string detail) => new(new Problem(
        "malformed-payment", StatusCodes.Status400BadRequest, $"{header} {detail}", [new FieldError($"#{header}", "malformed", detail)]));
}

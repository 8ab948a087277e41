using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Cli.Receipts;

/// <summary>A signed receipt as <c>GET /api/jobs/{id}/receipt</c> gives it, and as it lies in a file.</summary>
/// <param name="Raw">The receipt's JSON as it was read: what was signed is its canonical form, fields included that we don't know.</param>
/// <param name="Hash">What the file says that the receipt's hash is; null when it says nothing.</param>
internal sealed record ReceiptFile(JsonObject Raw, Receipt Receipt, string Signature, WalletAddress NodeKey, Hash256? Hash)
{
    /// <exception cref="FormatException">Not such a file.</exception>
    public static ReceiptFile Parse(string text)
    {
        try
        {
            var file = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject
                ?? throw new FormatException("not a JSON object");
            var raw = file["receipt"] as JsonObject ?? throw new FormatException("receipt: must be an object");
            var receipt = raw.Deserialize<Receipt>(ContractJson.Options)!;
            if (receipt.Artifacts is null || receipt.Artifacts.Any(a => a?.Name is null) || receipt.GpuUuids is null || receipt.ImageDigest is null)
            {
                throw new FormatException("receipt: a field is missing");
            }

            return new ReceiptFile(
                raw,
                receipt,
                Text(file, "signature"),
                WalletAddress.TryParse(Text(file, "nodeKey"), null, out var key) ? key : throw new FormatException("nodeKey: must be 32 bytes in base58"),
                file["hash"] is null ? null : Hash256.TryParse(Text(file, "hash"), null, out var hash) ? hash : throw new FormatException("hash: must be 64 hex characters"));
        }
        catch (JsonException e)
        {
            throw new FormatException($"{(e.Path is { Length: > 0 } path ? path : "it")} is not as a receipt has it", e);
        }
    }

    private static string Text(JsonObject file, string name) =>
        file[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw new FormatException($"{name}: must be a text");
}

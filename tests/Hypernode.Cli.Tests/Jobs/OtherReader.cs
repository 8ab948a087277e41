using System.Text.Json;
using Hypernode.Contracts.Jobs;
using Json.Schema;

namespace Hypernode.Cli.Tests.Jobs;

/// <summary>The published schema in a validator that is not ours, as an editor would have it.</summary>
internal static class OtherReader
{
    private static readonly JsonSchema Published = JsonSchema.FromText(JobFileSchema.Text());

    public static JsonDocumentOptions Lenient => new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <exception cref="JsonException">No JSON.</exception>
    public static bool IsValid(string text)
    {
        using var document = JsonDocument.Parse(text, Lenient);
        return Published.Evaluate(document.RootElement).IsValid;
    }
}

using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Hypernode.Api.OpenApi;

/// <summary>
/// The document's examples, by route and status: bodies that were really sent and answers that really came, kept in
/// <c>examples.json</c>. A test sends them again and holds them to what comes; <c>./hn docs</c> writes them anew.
/// </summary>
internal static class Examples
{
    public const string Request = "request";

    /// <summary>Under this route stands what is the same everywhere.</summary>
    public const string Anywhere = "*";

    private static readonly Lazy<JsonObject> All = new(Read);

    public static void Add(OpenApiOperation operation, string route)
    {
        foreach (var (type, media) in operation.RequestBody?.Content ?? new Dictionary<string, OpenApiMediaType>())
        {
            Set(media, Of(route, Request, type));
        }

        foreach (var (status, answer) in operation.Responses ?? [])
        {
            foreach (var (type, media) in answer.Content ?? new Dictionary<string, OpenApiMediaType>())
            {
                Set(media, Of(route, status, type) ?? Of(Anywhere, status, type));
            }
        }
    }

    private static JsonNode? Of(string route, string what, string type) => All.Value[route]?[what]?[type];

    private static void Set(OpenApiMediaType media, JsonNode? example) => media.Example = example?.DeepClone();

    private static JsonObject Read()
    {
        using var file = Assembly.GetExecutingAssembly().GetManifestResourceStream("Hypernode.Api.OpenApi.examples.json")
            ?? throw new InvalidOperationException("examples.json is not in the assembly");
        return JsonNode.Parse(file)!.AsObject();
    }
}

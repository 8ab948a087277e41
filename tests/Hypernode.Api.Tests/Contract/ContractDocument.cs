using System.Text.Json.Nodes;
using Json.Schema;

namespace Hypernode.Api.Tests.Contract;

/// <summary>/openapi/v1.json as something that requests and answers can be held against.</summary>
internal sealed class ContractDocument
{
    private const string Id = "https://hypernode.test/openapi.json";
    private static readonly Lazy<Task<ContractDocument>> Loaded = new(LoadOnceAsync);

    private ContractDocument(JsonObject json)
    {
        Json = json;
        JsonSchema Compile(JsonNode? schema) => JsonSchema.FromText(Closed(schema).ToJsonString());
        var shared = JsonSchema.FromText(new JsonObject { ["$id"] = Id, ["$defs"] = Closed(json["components"]!["schemas"]) }.ToJsonString());
        SchemaRegistry.Global.Register(shared);
        Operations = [.. json["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject().Select(o => new Operation(o.Key.ToUpperInvariant(), p.Key, o.Value!.AsObject(), Compile)))];
        Problem = Compile(new JsonObject { ["$ref"] = "#/components/schemas/Problem" });
        LogEvent = Compile(new JsonObject { ["$ref"] = "#/components/schemas/LogAnswer" });
        StateEvent = Compile(new JsonObject { ["$ref"] = "#/components/schemas/StateEvent" });
    }

    public JsonObject Json { get; }

    public IReadOnlyList<Operation> Operations { get; }

    public JsonSchema Problem { get; }

    public JsonSchema LogEvent { get; }

    public JsonSchema StateEvent { get; }

    public static Task<ContractDocument> LoadAsync() => Loaded.Value;

    /// <summary>The one whose path has the most words of its own: <c>/api/nodes/poll-job</c> is no node.</summary>
    public Operation? Find(string method, string path) =>
        Operations.Where(o => o.Method == method && o.Fits(path)).MaxBy(o => o.Words);

    private static async Task<ContractDocument> LoadOnceAsync()
    {
        await using var host = await ApiHost.StartAsync(isHeld: false);
        return new ContractDocument(await ApiHost.JsonOfAsync(await host.Anonymous.GetAsync("/openapi/v1.json")));
    }

    /// <summary>A field that a schema does not name is none: clients may get more one day, but here nothing is to be sent that is not documented.</summary>
    private static JsonNode Closed(JsonNode? schema)
    {
        switch (schema)
        {
            case JsonObject given:
                var made = new JsonObject();
                foreach (var (name, value) in given.Where(p => p.Key is not ("discriminator" or "example"))) // OpenAPI's own, not JSON Schema's
                {
                    made[name] = name == "$ref" ? value!.GetValue<string>().Replace("#/components/schemas/", $"{Id}#/$defs/", StringComparison.Ordinal)
                        : name is "enum" ? value?.DeepClone()
                        : Closed(value);
                }

                if (made["properties"] is JsonObject && made["additionalProperties"] is null)
                {
                    made["additionalProperties"] = false;
                }

                return made;
            case JsonArray items:
                return new JsonArray([.. items.Select(i => i is JsonObject or JsonArray ? Closed(i) : i?.DeepClone())]);
            default:
                return schema?.DeepClone()!;
        }
    }
}

/// <summary>One route with its method, as the document has it.</summary>
internal sealed class Operation
{
    private readonly string[] _segments;
    private readonly Dictionary<(string What, string Media), JsonSchema> _schemas = [];

    public Operation(string method, string route, JsonObject json, Func<JsonNode?, JsonSchema> compile)
    {
        (Method, Route, Json) = (method, route, json);
        _segments = route.Trim('/').Split('/');
        foreach (var (what, part) in Bodies)
        {
            foreach (var (media, content) in part["content"]?.AsObject() ?? [])
            {
                Media.Add((what, media), content!.AsObject());
                if (content["schema"] is { } schema)
                {
                    _schemas[(what, media)] = compile(schema);
                }
            }
        }
    }

    public string Method { get; }

    public string Route { get; }

    public JsonObject Json { get; }

    public string Name => $"{Method} {Route}";

    /// <summary>By <c>request</c> or status, and media type.</summary>
    public Dictionary<(string What, string Media), JsonObject> Media { get; } = [];

    public IReadOnlyList<string> Statuses => [.. Json["responses"]!.AsObject().Select(r => r.Key)];

    public int Words => _segments.Count(s => !s.StartsWith('{'));

    public bool NeedsSession => Json["security"] is not null;

    private IEnumerable<(string What, JsonObject Part)> Bodies =>
        [.. Json["requestBody"] is JsonObject body ? new[] { ("request", body) } : [], .. Json["responses"]!.AsObject().Select(r => (r.Key, r.Value!.AsObject()))];

    public bool Fits(string path)
    {
        var parts = (path.EndsWith('/') ? path[1..^1] : path[1..]).Split('/'); // the router lets one slash at the end pass
        return parts.Length == _segments.Length && parts.Zip(_segments).All(p => p.Second.StartsWith('{') ? p.First.Length > 0 : Uri.UnescapeDataString(p.First).Equals(p.Second, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Null: no JSON.</summary>
    public JsonSchema? Schema(string what, string media) => _schemas.GetValueOrDefault((what, media));
}

using System.Text.Json;
using System.Text.Json.Serialization;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Hypernode.Api.OpenApi;

/// <summary>Schemas that say what is really written: our own value types, numbers as numbers, and nothing that is null.</summary>
internal static class SchemaShapes
{
    private const string Uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

    private static readonly Dictionary<Type, (string Pattern, string Description)> Texts = new()
    {
        [typeof(Hash256)] = ("^[0-9a-f]{64}$", "32 bytes in lower-case hex"),
        [typeof(JobId)] = ($"^job-{Uuid}$", "job- and a UUID"),
        [typeof(IntentId)] = ($"^{Uuid}$", "a UUID"),
        [typeof(NodeId)] = ($"^{Uuid}$", "a UUID"),
        [typeof(WalletAddress)] = ("^[1-9A-HJ-NP-Za-km-z]{32,44}$", "32 bytes in base58"),
    };

    public static void Configure(JsonSerializerOptions options)
    {
        options.NumberHandling = JsonNumberHandling.Strict;
        options.Converters.Add(new JsonStringEnumConverter());
    }

    public static Task ApplyAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context)
    {
        var info = context.JsonTypeInfo;
        var type = Nullable.GetUnderlyingType(info.Type) ?? info.Type;
        if (Texts.TryGetValue(type, out var text))
        {
            (schema.Type, schema.Pattern, schema.Description) = (JsonSchemaType.String | NullOf(schema), text.Pattern, text.Description);
        }
        else if (type == typeof(HyperAmount))
        {
            (schema.Type, schema.Format, schema.Description) = (JsonSchemaType.Integer | NullOf(schema), "uint64", "base units");
        }

        // What is computed is always there.
        foreach (var property in info.Properties.Where(p => p is { Get: not null, Set: null } && schema.Properties?.ContainsKey(p.Name) == true))
        {
            (schema.Required ??= new HashSet<string>(StringComparer.Ordinal)).Add(property.Name);
        }

        return Task.CompletedTask;
    }

    /// <summary>A field that may be null is left out instead, and so is never required; a null in a request counts as left out.</summary>
    public static void LeaveNullsOut(OpenApiDocument document)
    {
        foreach (var schema in (document.Components?.Schemas ?? new Dictionary<string, IOpenApiSchema>()).Values)
        {
            Visit(schema);
        }
    }

    private static void Visit(IOpenApiSchema? some)
    {
        if (some is not OpenApiSchema schema)
        {
            return; // a reference: what it names is visited by itself
        }

        foreach (var (name, property) in schema.Properties?.ToList() ?? [])
        {
            if (WithoutNull(property) is { } plain)
            {
                schema.Properties![name] = plain;
                schema.Required?.Remove(name);
            }

            Visit(schema.Properties![name]);
        }

        Visit(schema.Items);
        Visit(schema.AdditionalProperties);
        foreach (var one in (schema.AnyOf ?? []).Concat(schema.OneOf ?? []))
        {
            Visit(one);
        }
    }

    /// <returns>Null: it was never null.</returns>
    private static IOpenApiSchema? WithoutNull(IOpenApiSchema schema)
    {
        switch (schema)
        {
            case OpenApiSchema { Type: { } type } typed when type.HasFlag(JsonSchemaType.Null) && type != JsonSchemaType.Null:
                typed.Type = type & ~JsonSchemaType.Null;
                return typed;
            case OpenApiSchema { OneOf: { Count: > 1 } either } when either.Any(IsNull):
                return either.Where(e => !IsNull(e)).ToList() is [var only] ? only : schema;
            default:
                return null;
        }
    }

    private static bool IsNull(IOpenApiSchema schema) => schema is OpenApiSchema { Type: JsonSchemaType.Null };

    private static JsonSchemaType NullOf(OpenApiSchema schema) => (schema.Type ?? default) & JsonSchemaType.Null;
}

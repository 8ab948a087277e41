using Hypernode.Api.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Hypernode.Api.OpenApi;

/// <summary>
/// /openapi/v1.json: made from the routes, with the sign-in scheme, and an example for every body and every answer. Each example was
/// really sent (<see cref="Examples"/>); tests hold what the server sends against the schemas here, status by status.
/// </summary>
internal static class ApiDocument
{
    private const string Scheme = "wallet";

    public static void AddHypernodeOpenApi(this IServiceCollection services)
    {
        // For the document alone: answers are written with ApiJson, messages of nodes and receipts with ContractJson.
        services.ConfigureHttpJsonOptions(options => SchemaShapes.Configure(options.SerializerOptions));
        services.AddSingleton<PublishedDocument>();
        services.AddOpenApi("v1", options =>
        {
            options.AddSchemaTransformer((schema, context, _) => SchemaShapes.ApplyAsync(schema, context));
            options.AddOperationTransformer(DescribeAsync);
            options.AddDocumentTransformer(DescribeAsync);
        });
    }

    private static async Task DescribeAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Hypernode",
            Version = "v1",
            Description = "GPU compute, paid by signed intents. Sums are integers of base units (10⁻⁶ HYPER) unless a field says hyper; "
                + "times are ms since the epoch, but settleBy: seconds. What is absent is left out, never null. Errors are RFC 9457 problems that name every wrong field; "
                + "`default` stands for what no route plans for (500, or 503 when the storage is away).",
        };
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            [Scheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                BearerFormat = "JWT",
                Description = "The token of /api/auth/login, for a challenge that the wallet signed.",
            },
        };

        // No answer's own shape: it is told in a stream.
        document.AddComponent(nameof(Jobs.StateEvent), await context.GetOrCreateSchemaAsync(typeof(Jobs.StateEvent), null, cancellationToken));
        SchemaShapes.LeaveNullsOut(document);
    }

    private static Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<IAuthorizeData>().Any())
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, context.Document)] = [] }];
        }

        foreach (var header in metadata.OfType<TakenHeader>().DistinctBy(h => h.Name))
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = header.Name,
                In = ParameterLocation.Header,
                Description = header.Description,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }

        operation.Responses ??= [];
        foreach (var other in metadata.OfType<OtherShape>())
        {
            foreach (var media in (operation.Responses[$"{other.Status}"].Content ?? new Dictionary<string, OpenApiMediaType>()).Values)
            {
                media.Schema = new OpenApiSchema { AnyOf = [media.Schema!, new OpenApiSchemaReference(other.Type.Name, context.Document)] };
            }
        }

        operation.Responses["default"] = new OpenApiResponse
        {
            Description = "Something went wrong on our side, or the storage is away",
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                [Problem.ContentType] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(nameof(Problem), context.Document) },
            },
        };
        if (context.Description.RelativePath == "ws")
        {
            operation.Extensions ??= new Dictionary<string, IOpenApiExtension>(StringComparer.Ordinal);
            operation.Extensions["x-messages"] = new JsonNodeExtension(LiveExamples.ToJson());
        }

        Streams(operation);
        Examples.Add(operation, $"{context.Description.HttpMethod} /{context.Description.RelativePath?.Trim('/')}");
        return Task.CompletedTask;
    }

    /// <summary>What is no JSON has no JSON's schema.</summary>
    private static void Streams(OpenApiOperation operation)
    {
        foreach (var (type, media) in (operation.Responses ?? []).Values.SelectMany(r => r.Content ?? new Dictionary<string, OpenApiMediaType>()))
        {
            if (!type.EndsWith("json", StringComparison.Ordinal))
            {
                media.Schema = type == "application/octet-stream" ? null : new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    Description = type == "text/event-stream"
                        ? "Server-Sent Events: `log` (its data a LogAnswer, its id where to resume: Last-Event-ID), `state` and one `end` (StateEvent)"
                        : "the job's own output, as it printed it",
                };
            }
        }
    }
}

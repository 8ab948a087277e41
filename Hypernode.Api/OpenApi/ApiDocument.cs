using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Hypernode.Api.OpenApi;

/// <summary>/openapi/v1.json: made from the routes, with the sign-in scheme and an example for every body.</summary>
internal static class ApiDocument
{
    private const string Scheme = "wallet";

    public static void AddHypernodeOpenApi(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Hypernode",
                Version = "v1",
                Description = "GPU compute, paid by signed intents. Sums are integers of base units (10⁻⁶ HYPER) unless a field says hyper; "
                    + "times are ms since the epoch, but settleBy: seconds. Errors are RFC 9457 problems that name every wrong field.",
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
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<IAuthorizeData>().Any())
            {
                operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, context.Document)] = [] }];
            }

            if (operation.RequestBody?.Content is { } content
                && content.TryGetValue("application/json", out var media)
                && Examples.Of(context.Description.RelativePath) is { } example)
            {
                ((OpenApiMediaType)media).Example = example;
            }

            if (context.Description.RelativePath == "ws")
            {
                operation.Extensions ??= new Dictionary<string, IOpenApiExtension>(StringComparer.Ordinal);
                operation.Extensions["x-messages"] = new JsonNodeExtension(LiveExamples.ToJson());
            }

            return Task.CompletedTask;
        });
    });
}

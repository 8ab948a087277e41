using Hypernode.Contracts.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hypernode.Api.OpenApi;

/// <summary>/openapi/job.schema.json: what a job file may say, for editors and for whoever writes such files.</summary>
internal static class JobFileSchemaRoute
{
    public const string Path = "/openapi/job.schema.json";

    private static readonly string Text = JobFileSchema.Text();

    public static void MapJobFileSchema(this IEndpointRouteBuilder app) =>
        app.MapGet(Path, () => Results.Text(Text, "application/schema+json")).ExcludeFromDescription();
}

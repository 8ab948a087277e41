using System.Text;
using Hypernode.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Hypernode.Api.OpenApi;

/// <summary>
/// The document, made once: making it takes tens of milliseconds, which strangers could ask for without end. It names no server, so it is
/// the same for whoever asks.
/// </summary>
internal sealed class PublishedDocument
{
    private const string Name = "v1";
    private readonly Lazy<Task<OpenApiDocument>> _document;
    private readonly Lazy<Task<TaggedAnswer>> _json;
    private readonly Lazy<Task<string>> _page;

    public PublishedDocument([FromKeyedServices(Name)] IOpenApiDocumentProvider documents)
    {
        _document = new(() => documents.GetOpenApiDocumentAsync(CancellationToken.None));
        _json = new(async () => new TaggedAnswer(Encoding.UTF8.GetBytes(await (await _document.Value).SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, CancellationToken.None))));
        _page = new(async () => await ReferencePage.RenderAsync(await _document.Value));
    }

    /// <summary>For people (<see cref="ReferencePage"/>).</summary>
    public Task<string> Page => _page.Value;

    public static void Map(IEndpointRouteBuilder app) =>
        app.MapGet("/openapi/{documentName}.json", async (string documentName, PublishedDocument published) =>
                documentName == Name ? await published._json.Value : (IResult)Problem.NotFound("document"))
            .ExcludeFromDescription();
}

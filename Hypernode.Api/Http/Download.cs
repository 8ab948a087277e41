using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Hypernode.Api.Http;

/// <summary>A file, whole or by ranges, under the tag of its hash. Always plain bytes: whoever made it chose name and content. What is refused is a problem, as everywhere.</summary>
/// <param name="name">Null: it is not offered under a name.</param>
internal sealed class Download(Stream content, string? name, string tag) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await Results
            .File(content, "application/octet-stream", name, entityTag: new EntityTagHeaderValue($"\"{tag}\""), enableRangeProcessing: true)
            .ExecuteAsync(httpContext);
        var response = httpContext.Response;
        if (response.StatusCode < StatusCodes.Status400BadRequest || response.HasStarted)
        {
            return;
        }

        // The framework leaves such an answer empty, under the file's own type. Content-Range stays: it says how long the file is.
        (response.ContentLength, response.ContentType) = (null, null);
        response.Headers.ContentDisposition = default;
        response.Headers["Repr-Digest"] = default;
        response.Headers.CacheControl = "no-store";
        await (response.StatusCode == StatusCodes.Status416RangeNotSatisfiable
            ? new Problem("range-not-satisfiable", response.StatusCode, "the file has no such bytes")
            : new Problem("another-file", response.StatusCode, "the file is not the one that If-Match or If-Unmodified-Since names")).ExecuteAsync(httpContext);
    }
}

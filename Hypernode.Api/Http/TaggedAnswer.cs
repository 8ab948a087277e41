using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Hypernode.Api.Http;

/// <summary>
/// 200 with an ETag of the answer's own bytes, or 304 when that is the one that the client has: who asks again and again is told
/// only what is new. It may be kept, but never used unasked.
/// </summary>
internal sealed class TaggedAnswer(byte[] json) : IResult
{
    private const int TagBytes = 16;

    private readonly EntityTagHeaderValue _tag = new($"\"{Base64Url.EncodeToString(SHA256.HashData(json).AsSpan(0, TagBytes))}\"");

    public static TaggedAnswer Of<T>(T value) => new(JsonSerializer.SerializeToUtf8Bytes(value, ApiJson.Options));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response) = (httpContext.Request, httpContext.Response);
        response.Headers.ETag = _tag.Tag.Value;
        response.Headers.CacheControl = "private, no-cache";
        if (request.Headers.IfNoneMatch.Count > 0
            && request.GetTypedHeaders().IfNoneMatch.Any(t => t.Compare(_tag, useStrongComparison: false) || t.Equals(EntityTagHeaderValue.Any)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = json.Length;
        await response.Body.WriteAsync(json, httpContext.RequestAborted);
    }
}

using System.Text.Json;
using Hypernode.Api.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Hypernode.Api.Reading;

/// <summary>Turns a request's body into one JSON object, or refuses it with the reason.</summary>
internal sealed class BodyReader(IOptions<ApiOptions> options)
{
    private const int MaxDepth = 16;
    private const int MaxNameLength = 64;

    /// <summary>The body as fields to be asked for; the caller ends with <see cref="JsonFields.Close"/> and <see cref="FieldErrors.ThrowIfAny"/>.</summary>
    /// <exception cref="RefusedException">413, 415, or 400 for what is no JSON object or has doubled names.</exception>
    public Task<(JsonFields Body, FieldErrors Errors)> ReadObjectAsync(HttpRequest request, CancellationToken cancellationToken) =>
        ReadObjectAsync(request, options.Value.MaxJsonBytes, cancellationToken);

    /// <inheritdoc cref="ReadObjectAsync(HttpRequest, CancellationToken)"/>
    /// <param name="maxBytes">For a route that takes more or less than others.</param>
    public static async Task<(JsonFields Body, FieldErrors Errors)> ReadObjectAsync(HttpRequest request, int maxBytes, CancellationToken cancellationToken)
    {
        CheckContentType(request);
        var bytes = await ReadBytesAsync(request, maxBytes, cancellationToken);
        var root = Parse(bytes);
        var errors = new FieldErrors();
        CheckNamesAndTexts(root, "", errors);
        errors.ThrowIfAny();
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new RefusedException(Problem.InvalidField("", "wrong-type", "the body must be a JSON object"));
        }

        return (new JsonFields(root, "", errors), errors);
    }

    private static void CheckContentType(HttpRequest request)
    {
        var isJson = MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase));
        if (!isJson)
        {
            throw new RefusedException(new Problem(
                "unsupported-media-type",
                StatusCodes.Status415UnsupportedMediaType,
                "send application/json in UTF-8"));
        }
    }

    private static async Task<byte[]> ReadBytesAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
        {
            throw new RefusedException(Problem.TooLarge(limit));
        }

        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (buffer.Length + read > limit)
            {
                throw new RefusedException(Problem.TooLarge(limit));
            }

            buffer.Write(chunk, 0, read);
        }

        return buffer.ToArray();
    }

    private static JsonElement Parse(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new RefusedException(new Problem(
                "malformed-json",
                StatusCodes.Status400BadRequest,
                bytes.Length == 0
                    ? "the body is empty"
                    : $"not JSON, or deeper than {MaxDepth} levels: see line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}"));
        }
    }

    /// <summary>
    /// Doubled names would let two readers of one body see two jobs; texts that are no Unicode or hold a NUL can't be stored.
    /// </summary>
    private static void CheckNamesAndTexts(JsonElement element, string pointer, FieldErrors errors)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var seen = new HashSet<string>(StringComparer.Ordinal);
                foreach (var property in element.EnumerateObject())
                {
                    if (!TryGetName(property, out var name))
                    {
                        errors.Add(pointer, "malformed", "a property's name is no valid text");
                        continue;
                    }

                    var at = JsonFields.Join(pointer, name);
                    if (!seen.Add(name))
                    {
                        errors.Add(at, "duplicate-field", "given more than once");
                    }

                    CheckNamesAndTexts(property.Value, at, errors);
                }

                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in element.EnumerateArray())
                {
                    CheckNamesAndTexts(item, $"{pointer}/{index++}", errors);
                }

                break;
            case JsonValueKind.String when !IsText(element):
                errors.Add(pointer, "malformed", "not valid text");
                break;
        }
    }

    private static bool TryGetName(JsonProperty property, out string name)
    {
        try
        {
            name = property.Name;
            return !name.Contains('\0', StringComparison.Ordinal) && name.Length <= MaxNameLength;
        }
        catch (InvalidOperationException)
        {
            name = "";
            return false;
        }
    }

    private static bool IsText(JsonElement element)
    {
        try
        {
            return !element.GetString()!.Contains('\0', StringComparison.Ordinal);
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate, or bytes that are no UTF-8.
            return false;
        }
    }
}

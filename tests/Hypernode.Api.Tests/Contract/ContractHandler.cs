using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace Hypernode.Api.Tests.Contract;

/// <summary>
/// Holds every answer that a test gets against the document: its status and media type are listed, its body fits the schema, and
/// whatever is refused is a problem. What came is kept for those who ask what was seen.
/// </summary>
internal sealed class ContractHandler(ContractLog log) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await base.SendAsync(request, cancellationToken);
        if (request.Method != HttpMethod.Options && request.Method != HttpMethod.Head)
        {
            await HoldAsync(await ContractDocument.LoadAsync(), request, answer, cancellationToken);
        }

        return answer;
    }

    private async Task HoldAsync(ContractDocument document, HttpRequestMessage request, HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var (method, path) = (request.Method.Method, request.RequestUri!.AbsolutePath);
        var media = answer.Content.Headers.ContentType?.MediaType ?? "";
        var status = ((int)answer.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.RequestUriTooLong or HttpStatusCode.RequestHeaderFieldsTooLarge && media.Length == 0 && answer.Headers.ConnectionClose == true)
        {
            return; // no HTTP, or more of it than the server reads: its own bare answer, before any code of ours
        }

        if (document.Find(method, path) is not { } operation)
        {
            if ((int)answer.StatusCode >= 400 && !path.StartsWith("/broker-auth", StringComparison.Ordinal))
            {
                Demand(media == "application/problem+json", $"{method} {path}: {status} is no problem but {media}");
                Fits(document.Problem, await JsonOfAsync(answer, cancellationToken), $"{method} {path} {status}");
            }

            return;
        }

        var at = $"{operation.Name} {status} {media}".TrimEnd();
        var listed = operation.Statuses.Contains(status) ? status : (int)answer.StatusCode >= 500 ? "default" : null;
        Demand(listed is not null, $"{at}: the document lists {string.Join(", ", operation.Statuses)} only");
        var allowed = operation.Media.Keys.Where(k => k.What == listed).Select(k => k.Media).ToList();
        Demand(allowed.Count == 0 ? media.Length == 0 : allowed.Contains(media), $"{at}: the document lists {(allowed.Count == 0 ? "no body" : string.Join(", ", allowed))}");
        JsonNode? body = null;
        if (media.EndsWith("json", StringComparison.Ordinal))
        {
            body = await JsonOfAsync(answer, cancellationToken);
            Fits(operation.Schema(listed!, media)!, body, at);
        }

        log.Add(operation.Name, listed!, media, body, request.Content is ByteArrayContent sent && body is not null && (int)answer.StatusCode < 300 ? await SentAsync(sent, cancellationToken) : null);
    }

    public static void Fits(JsonSchema schema, JsonNode? body, string at)
    {
        var result = schema.Evaluate(JsonSerializer.SerializeToElement(body), new EvaluationOptions { OutputFormat = OutputFormat.List });
        if (!result.IsValid)
        {
            var errors = (result.Details ?? []).Where(d => d.Errors is { Count: > 0 }).SelectMany(d => d.Errors!.Select(e => $"  {d.InstanceLocation}: {e.Value}"));
            throw new ContractBrokenException($"{at} does not fit its schema:\n{string.Join('\n', errors)}\n{body?.ToJsonString()}");
        }
    }

    private static async Task<JsonNode?> JsonOfAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        await answer.Content.LoadIntoBufferAsync(cancellationToken);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken));
    }

    private static async Task<JsonNode?> SentAsync(HttpContent content, CancellationToken cancellationToken)
    {
        try
        {
            return content.Headers.ContentType?.MediaType == "application/json" ? JsonNode.Parse(await content.ReadAsStringAsync(cancellationToken)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Demand(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ContractBrokenException(otherwise);
        }
    }
}

/// <summary>The server sent what the document does not say.</summary>
internal sealed class ContractBrokenException(string message) : Exception(message);

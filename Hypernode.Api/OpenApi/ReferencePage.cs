using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hypernode.Api.Auth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;

namespace Hypernode.Api.OpenApi;

/// <summary>/docs: the document as a page for people. No script, and nothing that comes from elsewhere.</summary>
internal static class ReferencePage
{
    private const string Style =
        "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
        + "code,pre{font-family:ui-monospace,monospace;font-size:.9em}pre{overflow:auto;padding:.7rem;background:#8881}"
        + "summary{cursor:pointer;padding:.3rem 0}h2{margin-top:2rem}table{border-collapse:collapse}td{padding:.1rem 1rem .1rem 0;vertical-align:top}";

    private static readonly string Policy =
        $"default-src 'none'; frame-ancestors 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void MapReferencePage(this IEndpointRouteBuilder app) =>
        app.MapGet("/docs", async (HttpContext context, PublishedDocument published) =>
            {
                context.Response.Headers.ContentSecurityPolicy = Policy;
                return Results.Text(await published.Page, "text/html", Encoding.UTF8);
            })
            .ExcludeFromDescription();

    internal static async Task<string> RenderAsync(OpenApiDocument document)
    {
        var page = new StringBuilder("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Hypernode API</title><style>").Append(Style).Append("</style><h1>Hypernode API</h1><p>");
        page.Append(Text(document.Info.Description)).Append("</p><p>The same for programs: <a href=\"/openapi/v1.json\">/openapi/v1.json</a></p>");
        var operations = document.Paths.SelectMany(p => (p.Value.Operations ?? []).Select(o => (Path: p.Key, Method: o.Key.Method, Operation: o.Value)));
        foreach (var group in operations.GroupBy(o => o.Operation.Tags?.FirstOrDefault()?.Name ?? ""))
        {
            page.Append("<h2>").Append(Text(group.Key)).Append("</h2>");
            foreach (var (path, method, operation) in group)
            {
                page.Append("<details><summary><code>").Append(Text($"{method} {path}")).Append("</code> ").Append(Text(operation.Summary)).Append("</summary>");
                page.Append("<p>For: ").Append(Text(WhoMay(method, path))).Append("</p><table>");
                foreach (var parameter in operation.Parameters ?? [])
                {
                    Row(page, $"{parameter.Name} ({parameter.In?.ToString().ToLowerInvariant()})", parameter.Description);
                }

                foreach (var (status, answer) in operation.Responses ?? [])
                {
                    Row(page, status, string.Join(", ", answer.Content?.Keys ?? []) is { Length: > 0 } types ? types : answer.Description);
                }

                page.Append("</table>");
                if (operation.RequestBody?.Content is { } bodies && bodies.TryGetValue("application/json", out var body) && body.Example is { } example)
                {
                    page.Append("<p>For example:</p><pre>").Append(Text(example.ToJsonString(Indented))).Append("</pre>");
                }

                page.Append("</details>");
            }
        }

        page.Append("<h2>Schemas</h2>");
        foreach (var (name, schema) in document.Components?.Schemas ?? new Dictionary<string, IOpenApiSchema>())
        {
            page.Append("<details id=\"").Append(Text(name)).Append("\"><summary><code>").Append(Text(name)).Append("</code></summary><pre>")
                .Append(Text(await schema.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1))).Append("</pre></details>");
        }

        return page.ToString();
    }

    private static string WhoMay(string method, string path) => AccessTable.Of(method, path).Allowed switch
    {
        Callers.Everyone => "everybody",
        Callers.SignedIn => "any signed-in key",
        var some => some.ToString().ToLowerInvariant(),
    };

    private static void Row(StringBuilder page, string name, string? text) =>
        page.Append("<tr><td><code>").Append(Text(name)).Append("</code></td><td>").Append(Text(text)).Append("</td></tr>");

    private static string Text(string? text) => WebUtility.HtmlEncode(text ?? "");
}

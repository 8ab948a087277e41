using Hypernode.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Hypernode.Api.OpenApi;

/// <summary>What the document says of a route beside its code. Bodies are read by <c>BodyReader</c>, so their type is said here.</summary>
internal static class RouteMarks
{
    /// <summary>The route takes a JSON body of this shape (and refuses what has another: 400, 413, 415).</summary>
    public static RouteHandlerBuilder TakesJson<TBody>(this RouteHandlerBuilder route)
        where TBody : notnull =>
        route.WithMetadata(new BodyOf(typeof(TBody))).Refuses(400, 413, 415);

    public static RouteHandlerBuilder Answers<TAnswer>(this RouteHandlerBuilder route, int status) =>
        route.Produces<TAnswer>(status, "application/json");

    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params IEnumerable<int> statuses)
    {
        foreach (var status in statuses)
        {
            route.Produces<Problem>(status, Problem.ContentType);
        }

        return route;
    }

    /// <summary>Read by the document, and by the router: it answers 415 for other media types.</summary>
    private sealed class BodyOf(Type type) : IAcceptsMetadata
    {
        public IReadOnlyList<string> ContentTypes => ["application/json"];

        public Type? RequestType => type;

        public bool IsOptional => false;
    }
}

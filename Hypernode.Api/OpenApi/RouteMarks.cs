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

    /// <summary>A header that changes the answer.</summary>
    public static RouteHandlerBuilder TakesHeader(this RouteHandlerBuilder route, string name, string description) =>
        route.WithMetadata(new TakenHeader(name, description));

    public static RouteHandlerBuilder Answers<TAnswer>(this RouteHandlerBuilder route, int status) =>
        route.Produces<TAnswer>(status, "application/json");

    /// <summary>200 with an ETag, or 304 (see <see cref="TaggedAnswer"/>).</summary>
    public static RouteHandlerBuilder AnswersTagged<TAnswer>(this RouteHandlerBuilder route) =>
        route.Answers<TAnswer>(200).Produces(304).TakesHeader("If-None-Match", "the ETag of an answer that you have: 304 while it is still the one");

    /// <summary>A file, whole or in parts.</summary>
    public static RouteHandlerBuilder AnswersFile(this RouteHandlerBuilder route) => route
        .Produces<byte[]>(200, "application/octet-stream")
        .Produces<byte[]>(206, "application/octet-stream")
        .Produces(304)
        .Refuses(412, 416)
        .TakesHeader("Range", "bytes=FROM-TO: a part of the file")
        .TakesHeader("If-None-Match", "the file's ETag: 304 when you have it")
        .TakesHeader("If-Match", "the file's ETag: 412 when it is another file");

    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params IEnumerable<int> statuses)
    {
        foreach (var status in statuses)
        {
            route.Produces<Problem>(status, Problem.ContentType);
        }

        return route;
    }

    /// <summary>An answer of this status may have another shape as well.</summary>
    public static RouteHandlerBuilder Or<TAnswer>(this RouteHandlerBuilder route, int status) => route.WithMetadata(new OtherShape(status, typeof(TAnswer)));

    /// <summary>Read by the document, and by the router: it answers 415 for other media types.</summary>
    private sealed class BodyOf(Type type) : IAcceptsMetadata
    {
        public IReadOnlyList<string> ContentTypes => ["application/json"];

        public Type? RequestType => type;

        public bool IsOptional => false;
    }
}

internal sealed record TakenHeader(string Name, string Description);

internal sealed record OtherShape(int Status, Type Type);

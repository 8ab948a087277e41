using Hypernode.Api.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hypernode.Api.Auth;

/// <summary>Gives each route of a group its row of the table, and the document the refusals that follow from it.</summary>
internal static class AccessRouting
{
    public static RouteGroupBuilder UnderAccessTable(this RouteGroupBuilder routes)
    {
        ((IEndpointConventionBuilder)routes).Add(builder =>
        {
            var methods = builder.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault()?.HttpMethods ?? [];
            var rule = AccessTable.Of(methods.Count == 1 ? methods[0] : "*", PatternOf(builder));
            builder.Metadata.Add(rule);
            if (!rule.Unlimited)
            {
                Refuses(builder, StatusCodes.Status429TooManyRequests);
            }

            if (rule.Allowed.HasFlag(Callers.Anonymous))
            {
                return;
            }

            builder.Metadata.Add(new AuthorizeAttribute());
            Refuses(builder, StatusCodes.Status401Unauthorized);
            if (!rule.Allowed.HasFlag(Callers.Wallet))
            {
                Refuses(builder, rule.Subject == AccessSubject.Job ? StatusCodes.Status404NotFound : StatusCodes.Status403Forbidden);
            }

            if (rule.Subject == AccessSubject.Node)
            {
                Refuses(builder, StatusCodes.Status404NotFound);
            }
        });
        return routes;
    }

    private static string PatternOf(EndpointBuilder builder) =>
        $"/{((RouteEndpointBuilder)builder).RoutePattern.RawText?.Trim('/')}";

    private static void Refuses(EndpointBuilder builder, int status) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(Problem), [Problem.ContentType]));
}

using System.Text;
using Hypernode.Api.OpenApi;
using Hypernode.Api.X402;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Http;

/// <summary>
/// The header Idempotency-Key: the same key with the same body gets the same answer for a day, with another body 409. Only answers
/// of success are kept; what was refused may be tried again. Without a session the key is the connection's address's own.
/// </summary>
internal sealed class Idempotency(IRepeats repeats, TimeProvider time, IOptions<ApiOptions> options) : IEndpointFilter
{
    public const string Header = "Idempotency-Key";
    public const string Replayed = "Idempotent-Replayed";
    private const int MaxKey = 128;
    private static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    /// <summary>A request that takes longer was cut off.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromMinutes(2);

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var paid = http.Request.Headers.ContainsKey(X402Headers.PaymentV1) || http.Request.Headers.ContainsKey(X402Headers.PaymentV2);
        if (paid || !http.Request.Headers.TryGetValue(Header, out var values))
        {
            // A payment in the header is part of the request, and is used once: its own key is what makes a repeat harmless.
            return await next(context);
        }

        if (values is not [{ Length: > 0 and <= MaxKey } key] || key.Any(c => c is < '!' or > '~'))
        {
            return Problem.InvalidField(Header, "malformed", $"must be 1 to {MaxKey} visible ASCII characters, once");
        }

        var caller = http.User.Identity?.IsAuthenticated == true ? $"key {http.User.Wallet()}" : LimitMiddleware.AddressOf(http.Connection.RemoteIpAddress);
        var now = time.GetUtcNow();
        var found = await repeats.BeginAsync(caller, key, await HashAsync(http), now, now - Stale, now - Kept, http.RequestAborted);
        return found switch
        {
            RepeatFound.Answered { Answer: var answer } => new Replay(answer),
            RepeatFound.Another => Problem.Conflict("key-reused", "this Idempotency-Key was used with another request"),
            RepeatFound.UnderWay => Problem.Conflict("under-way", "the first request with this Idempotency-Key is still being answered") with { RetryAfterSeconds = 1 },
            _ => await FirstAsync(context, next, caller, key),
        };
    }

    private async Task<object?> FirstAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next, string caller, string key)
    {
        try
        {
            // Written where it can be read again, whatever kind of result the route gave.
            return new Recorded(await next(context) as IResult ?? throw new InvalidOperationException("the route gives no result"), repeats, caller, key);
        }
        catch
        {
            await repeats.ForgetAsync(caller, key, CancellationToken.None);
            throw;
        }
    }

    private async Task<Hash256> HashAsync(HttpContext http)
    {
        http.Request.EnableBuffering();
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        http.Request.Body.Position = 0;
        return body.Length > options.Value.MaxJsonBytes
            ? throw new RefusedException(Problem.TooLarge(options.Value.MaxJsonBytes))
            : Hash256.Of([.. Encoding.UTF8.GetBytes($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}\n"), .. body.ToArray()]);
    }

    private sealed class Recorded(IResult result, IRepeats repeats, string caller, string key) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var (response, outer) = (httpContext.Response, httpContext.Response.Body);
            using var copy = new MemoryStream();
            response.Body = copy;
            try
            {
                await result.ExecuteAsync(httpContext);
            }
            catch
            {
                await repeats.ForgetAsync(caller, key, CancellationToken.None);
                throw;
            }
            finally
            {
                response.Body = outer;
            }

            // Not cancelled with the client: it is the one that will ask again.
            await (response.StatusCode is >= 200 and < 300
                ? repeats.KeepAsync(
                    caller, key, new KeptAnswer(response.StatusCode, response.Headers.Location, Encoding.UTF8.GetString(copy.ToArray())), CancellationToken.None)
                : repeats.ForgetAsync(caller, key, CancellationToken.None));
            copy.Position = 0;
            await copy.CopyToAsync(outer, httpContext.RequestAborted);
        }
    }

    private sealed class Replay(KeptAnswer answer) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = answer.Status;
            response.Headers[Replayed] = "true";
            if (answer.Location is not null)
            {
                response.Headers.Location = answer.Location;
            }

            response.ContentType = "application/json; charset=utf-8";
            return response.WriteAsync(answer.Body, httpContext.RequestAborted);
        }
    }
}

internal static class IdempotentRoutes
{
    /// <summary>The route keeps its answers for requests with an Idempotency-Key.</summary>
    public static RouteHandlerBuilder KeepsAnswers(this RouteHandlerBuilder route) => route
        .AddEndpointFilter<RouteHandlerBuilder, Idempotency>()
        .Refuses(400, 409, 413)
        .TakesHeader(Idempotency.Header, "1 to 128 visible ASCII characters: for a day the same request gets the same answer");
}

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Hypernode.Api.Http;

/// <summary>The outermost layer: headers on every answer, and a problem for everything that was thrown.</summary>
internal sealed partial class EdgeMiddleware(RequestDelegate next, ILogger<EdgeMiddleware> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        if (context.Request.IsHttps)
        {
            headers.StrictTransportSecurity = "max-age=31536000";
        }

        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone: nobody reads an answer.
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await ToProblem(e, context).ExecuteAsync(context);
        }
    }

    private Problem ToProblem(Exception exception, HttpContext context)
    {
        switch (exception)
        {
            case RefusedException refused:
                return refused.Problem;
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return new Problem("too-large", StatusCodes.Status413PayloadTooLarge, "the body is too large");
            case BadHttpRequestException bad:
                return new Problem("bad-request", bad.StatusCode, "the request can't be read");
            default:
                if (StorageGate.Of(exception) is { } unavailable)
                {
                    StorageAway(exception, context.Request.Method, context.Request.Path);
                    return unavailable;
                }

                // What went wrong inside is for the log alone.
                UnhandledError(exception, context.Request.Method, context.Request.Path, context.TraceIdentifier);
                return new Problem(
                    "internal",
                    StatusCodes.Status500InternalServerError,
                    "something went wrong on our side",
                    TraceId: context.TraceIdentifier);
        }
    }

    [LoggerMessage(EventId = 5002, Level = LogLevel.Warning, Message = "{Method} {Path} was refused: the storage can't take it now")]
    private partial void StorageAway(Exception exception, string method, string path);

    [LoggerMessage(EventId = 5001, Level = LogLevel.Error, Message = "{Method} {Path} failed ({TraceId})")]
    private partial void UnhandledError(Exception exception, string method, string path, string traceId);
}

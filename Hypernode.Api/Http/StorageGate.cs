using System.Data.Common;
using Hypernode.Api.OpenApi;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Hypernode.Api.Http;

/// <summary>Takes nothing in that the storage could not keep: 503 with when to come again, before anything is done.</summary>
internal static class StorageGate
{
    private const int RetryAfterSeconds = 5;

    /// <summary>Such a route is closed while the storage is full, read-only, away or too slow.</summary>
    public static RouteHandlerBuilder NeedsStorage(this RouteHandlerBuilder route) => route.Refuses(StatusCodes.Status503ServiceUnavailable).AddEndpointFilter((context, next) =>
    {
        var health = context.HttpContext.RequestServices.GetRequiredService<IStorageWatch>().Current;
        return health.Condition == StorageCondition.Ok ? next(context) : ValueTask.FromResult<object?>(Refusal(health.Condition, health.Reason));
    });

    /// <summary>What a write met that the watch had not seen yet. Null: it is something else.</summary>
    public static Problem? Of(Exception? exception) => exception switch
    {
        null => null,
        StorageUnavailableException away => Refusal(away.Condition, away.Message),
        DbException { IsTransient: true } => Refusal(StorageCondition.Unreachable, "it does not answer"),
        _ => Of(exception.InnerException),
    };

    private static Problem Refusal(StorageCondition condition, string reason) => new(
        condition == StorageCondition.Slow ? "storage-slow" : "storage-unavailable",
        StatusCodes.Status503ServiceUnavailable,
        $"the storage can't take this now ({reason}); nothing was changed that a repeat would not find",
        RetryAfterSeconds: RetryAfterSeconds);
}

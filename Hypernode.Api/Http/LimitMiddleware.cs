using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Hypernode.Api.Auth;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Http;

/// <summary>
/// Nobody has the server for himself: so many requests a second by address and by signed-in key, and so many at once. 429 says when
/// to come again. The address is the connection's own; what a header claims is not believed.
/// </summary>
internal sealed class LimitMiddleware(RequestDelegate next, RateLimits rates, IOptions<ApiOptions> options)
{
    private readonly ApiOptions _options = options.Value;
    private readonly ConcurrentDictionary<string, int> _underWay = new(StringComparer.Ordinal);

    public async Task InvokeAsync(HttpContext context)
    {
        var rule = context.GetEndpoint()?.Metadata.GetMetadata<AccessRule>();
        if (rule is { Unlimited: true })
        {
            await next(context);
            return;
        }

        var address = AddressOf(context.Connection.RemoteIpAddress);
        Require(rates.Take(address, _options.RequestsPerSecond, _options.RequestBurst));
        string? key = null;
        if (context.User.Identity?.IsAuthenticated == true)
        {
            key = $"key {context.User.Wallet()}";
            Require(rates.Take(key, _options.RequestsPerSecond, _options.RequestBurst));
        }

        if (rule is { LongLived: true })
        {
            await next(context);
            return;
        }

        var (many, mine) = (Enter(address), key is null ? 0 : Enter(key));
        try
        {
            // Many callers may share an address, but a key is one caller.
            if (many > _options.MaxConcurrentRequests * 8 || mine > _options.MaxConcurrentRequests)
            {
                throw new RefusedException(Refusal("too-many-at-once", "this caller has too many requests under way", 1));
            }

            await next(context);
        }
        finally
        {
            Leave(address);
            if (key is not null)
            {
                Leave(key);
            }
        }
    }

    private static void Require(TimeSpan? wait)
    {
        if (wait is { } time)
        {
            throw new RefusedException(Refusal("too-many-requests", "this caller asks more often than it may", (int)Math.Ceiling(time.TotalSeconds)));
        }
    }

    private static Problem Refusal(string kind, string detail, int seconds) =>
        new(kind, StatusCodes.Status429TooManyRequests, detail, RetryAfterSeconds: Math.Max(1, seconds));

    /// <summary>One household or host: an IPv6 network of 64 bits counts as one.</summary>
    internal static string AddressOf(IPAddress? address)
    {
        if (address is null)
        {
            return "address unknown";
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily == AddressFamily.InterNetworkV6
            ? $"address {Convert.ToHexStringLower(plain.GetAddressBytes().AsSpan(0, 8))}"
            : $"address {plain}";
    }

    private int Enter(string caller) => _underWay.AddOrUpdate(caller, 1, (_, count) => count + 1);

    private void Leave(string caller)
    {
        // The last one takes the entry along, unless somebody has just begun: then it is not what it was.
        if (_underWay.AddOrUpdate(caller, 0, (_, count) => count - 1) == 0)
        {
            _underWay.TryRemove(KeyValuePair.Create(caller, 0));
        }
    }
}

using Microsoft.Extensions.Logging;

namespace Hypernode.Solana;

/// <summary>A client of one address or of several.</summary>
public static class RpcConnection
{
    /// <param name="http">its base address and timeout are not used</param>
    /// <param name="addresses">of nodes of one cluster, in order of preference; at least one</param>
    public static RpcPool Open(HttpClient http, IReadOnlyList<Uri> addresses, RpcClientOptions? options = null, TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        var use = options ?? new RpcClientOptions();
        var clock = time ?? TimeProvider.System;
        if (addresses.Count > 1)
        {
            // The next endpoint is a better second try than the same one.
            use = use with { ReadAttempts = 1 };
        }

        return new RpcPool(
            [.. addresses.Select(a => new RpcEndpoint(RpcEndpoint.NameOf(a), new RpcClient(http, a, use, clock, loggers?.CreateLogger<RpcClient>()), clock))],
            loggers?.CreateLogger<RpcPool>());
    }
}

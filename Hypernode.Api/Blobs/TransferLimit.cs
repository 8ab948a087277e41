using System.Collections.Concurrent;
using Hypernode.Api.Http;
using Hypernode.Contracts.Intents;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Blobs;

/// <summary>How many transfers each wallet has under way; a place is taken until the answer's last byte has gone.</summary>
internal sealed class Transfers(IOptions<ApiOptions> options)
{
    private readonly ConcurrentDictionary<WalletAddress, int> _underWay = new();

    /// <returns>Null: it has all that it may have.</returns>
    public IDisposable? Begin(WalletAddress wallet)
    {
        if (_underWay.AddOrUpdate(wallet, 1, (_, count) => count + 1) <= options.Value.MaxTransfers)
        {
            return new Place(() => End(wallet));
        }

        End(wallet);
        return null;
    }

    private void End(WalletAddress wallet)
    {
        // The last one takes the entry along, unless somebody has just begun: then the entry is not what it was.
        if (_underWay.AddOrUpdate(wallet, 0, (_, count) => count - 1) == 0)
        {
            _underWay.TryRemove(KeyValuePair.Create(wallet, 0));
        }
    }

    private sealed class Place(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}

/// <summary>One caller can't have all of the server's connections and disk: 429 with when to come again.</summary>
internal sealed class TransferLimit(Transfers transfers) : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var place = transfers.Begin(context.HttpContext.User.Wallet());
        if (place is null)
        {
            return ValueTask.FromResult<object?>(new Problem(
                "too-many-transfers", StatusCodes.Status429TooManyRequests, "this wallet has too many transfers under way", RetryAfterSeconds: 1));
        }

        context.HttpContext.Response.RegisterForDispose(place);
        return next(context);
    }
}

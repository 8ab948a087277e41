using Hypernode.Contracts.Commands;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Leases;
using Microsoft.Extensions.Logging;

namespace Hypernode.NodeAgent.Adapters.Http;

/// <summary>Job files over the API, for a machine that shares nothing with the control plane.</summary>
public sealed class ApiBlobs : INodeBlobs, IDisposable
{
    private readonly HttpClient _http;
    private readonly ApiSession _session;
    private readonly InputCache _cache;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <param name="api">The API's address.</param>
    /// <param name="cacheFolder">Inputs that were fetched, by hash.</param>
    /// <param name="cacheBytes">The most that stays there when nothing is being fetched.</param>
    public ApiBlobs(Uri api, INodeSigner signer, string cacheFolder, long cacheBytes, TimeProvider time, ILogger logger)
        : this(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false }, api, signer, cacheFolder, cacheBytes, time, logger)
    {
    }

    internal ApiBlobs(HttpMessageHandler handler, Uri api, INodeSigner signer, string cacheFolder, long cacheBytes, TimeProvider time, ILogger logger)
    {
        _http = new HttpClient(handler) { BaseAddress = api, Timeout = Timeout.InfiniteTimeSpan };
        _session = new ApiSession(_http, signer, time);
        _cache = new InputCache(cacheFolder, cacheBytes, time);
        (_time, _logger) = (time, logger);
    }

    public IAttemptBlobs Of(ExecuteJob command, string folder) => new LeasedBlobs(_session, _cache, command, folder, _time, _logger);

    public void Dispose()
    {
        _session.Dispose();
        _http.Dispose();
    }
}

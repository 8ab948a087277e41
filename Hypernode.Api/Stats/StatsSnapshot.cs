using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Stats;

/// <summary>
/// Sums over all jobs and nodes, which cost the more the more there are, and anybody may ask: all who ask within a second get the
/// same, and a sum that takes long is made the more rarely, so that no more than a twentieth of the time goes into it.
/// </summary>
internal sealed class StatsSnapshot(IJobReader jobs, INodeDirectory nodes, TimeProvider time)
{
    private const int Rest = 20;
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task<NetworkSums>? _sums;
    private DateTimeOffset _madeAt;
    private DateTimeOffset _until;

    public Task<NetworkSums> GetAsync()
    {
        lock (_gate)
        {
            // Nobody's own token: who gives up waiting does not spoil it for the others.
            if (_sums is null || (_sums.IsCompleted && (!_sums.IsCompletedSuccessfully || !IsFresh(time.GetUtcNow()))))
            {
                _sums = MakeAsync();
            }

            return _sums;
        }
    }

    /// <summary>A clock that was set back makes nothing last longer.</summary>
    private bool IsFresh(DateTimeOffset now) => now >= _madeAt && now < _until;

    private async Task<NetworkSums> MakeAsync()
    {
        await Task.Yield();
        var began = time.GetUtcNow();
        var sums = new NetworkSums(NodeStats.Of(await nodes.ListAsync(CancellationToken.None)), JobStatsAnswer.Of(await jobs.StatsAsync(CancellationToken.None)));
        lock (_gate)
        {
            _madeAt = time.GetUtcNow();
            var rest = (_madeAt - began) * Rest;
            _until = _madeAt + (rest > Least ? rest : Least);
        }

        return sums;
    }
}

internal sealed record NetworkSums(NodeStats Nodes, JobStatsAnswer Jobs);

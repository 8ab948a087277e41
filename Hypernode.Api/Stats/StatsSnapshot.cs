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
    private long _until;

    public Task<NetworkSums> GetAsync()
    {
        lock (_gate)
        {
            // Nobody's own token: who gives up waiting does not spoil it for the others.
            if (_sums is null || (_sums.IsCompleted && (!_sums.IsCompletedSuccessfully || time.GetTimestamp() >= _until)))
            {
                _sums = MakeAsync();
            }

            return _sums;
        }
    }

    private async Task<NetworkSums> MakeAsync()
    {
        await Task.Yield();
        var began = time.GetTimestamp();
        var sums = new NetworkSums(NodeStats.Of(await nodes.ListAsync(CancellationToken.None)), JobStatsAnswer.Of(await jobs.StatsAsync(CancellationToken.None)));
        var took = time.GetElapsedTime(began);
        lock (_gate)
        {
            var rest = took * Rest > Least ? took * Rest : Least;
            _until = time.GetTimestamp() + (long)(rest.TotalSeconds * time.TimestampFrequency);
        }

        return sums;
    }
}

internal sealed record NetworkSums(NodeStats Nodes, JobStatsAnswer Jobs);

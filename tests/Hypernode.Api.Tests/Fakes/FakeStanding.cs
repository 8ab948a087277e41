using System.Collections.Concurrent;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Tests.Fakes;

/// <summary>Says how things stand as it is told; what it was asked for is kept.</summary>
public sealed class FakeStanding : IStandingReader, IOutlook
{
    public static readonly JobStanding Nothing = new([], [], null, null, false, null);

    public ConcurrentDictionary<JobId, JobStanding> Jobs { get; } = new();

    public List<WaitingJob> Waiting { get; } = [];

    public List<LeaseView> Leases { get; } = [];

    public MatchOutlook Outlook { get; set; } = new(0, 0, "no nodes", []);

    public IReadOnlyList<CheckOutcome> Checks { get; set; } = [];

    public WaitingJob? AskedFor { get; private set; }

    public Task<JobStanding?> OfJobAsync(JobId job, CancellationToken cancellationToken) => Task.FromResult<JobStanding?>(Jobs.GetValueOrDefault(job, Nothing));

    public Task<IReadOnlyList<WaitingJob>> WaitingAsync(int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<WaitingJob>>([.. Waiting.Take(limit)]);

    public Task<IReadOnlyList<LeaseView>> LeasesOfAsync(NodeId node, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<LeaseView>>([.. Leases.Where(l => l.NodeId == node)]);

    public Task<MatchOutlook> OfJobAsync(WaitingJob job, CancellationToken cancellationToken)
    {
        AskedFor = job;
        return Task.FromResult(Outlook);
    }

    public MatchOutlook OfNode(NodeView node, IReadOnlyList<WaitingJob> jobs) => Outlook with { Looked = jobs.Count };

    public IReadOnlyList<CheckOutcome> ChecksOf(ResultVerified result) => Checks;
}

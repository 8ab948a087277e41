using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Workers.Tests.Fakes;

/// <summary>Standings without a directory behind them; the storage's own rules on whose word counts are tested with it.</summary>
internal sealed class FakeStandings : INodeStandings
{
    public List<Revocation> All { get; } = [];

    public int Asked { get; private set; }

    public Exception? Away { get; set; }

    public Task<IReadOnlyList<Revocation>> RevokedAsync(CancellationToken cancellationToken)
    {
        Asked++;
        return Away is null ? Task.FromResult<IReadOnlyList<Revocation>>([.. All]) : throw Away;
    }

    public Task<bool> RevokeAsync(NodeId node, NodeStatus status, RevokedBy by, string reason, DateTimeOffset at, CancellationToken cancellationToken)
    {
        All.RemoveAll(r => r.NodeId == node);
        All.Add(new Revocation(node, status, by, reason, at));
        return Task.FromResult(true);
    }

    public Task<bool> RestoreAsync(NodeId node, RevokedBy by, CancellationToken cancellationToken) =>
        Task.FromResult(All.RemoveAll(r => r.NodeId == node && r.By == by) > 0);
}

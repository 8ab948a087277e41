using Hypernode.Contracts.Events;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Ports;

/// <summary>What the matcher and the oracle would say, told without doing anything.</summary>
public interface IOutlook
{
    /// <summary>Which nodes could take this job now, and why the others can't.</summary>
    Task<MatchOutlook> OfJobAsync(WaitingJob job, CancellationToken cancellationToken);

    /// <summary>Which of these jobs this node could take now, and why not the others.</summary>
    MatchOutlook OfNode(NodeView node, IReadOnlyList<WaitingJob> jobs);

    /// <summary>The oracle's checks as this verdict found them; empty where nothing was checked (a metered cancellation).</summary>
    IReadOnlyList<CheckOutcome> ChecksOf(ResultVerified result);
}

/// <param name="Looked">How many were looked at: nodes for a job, jobs for a node.</param>
/// <param name="Fitting">Of them: those that fit and are free now.</param>
/// <param name="Text">As people read it: <c>3 nodes: 2 too little memory, 1 busy</c>.</param>
public sealed record MatchOutlook(int Looked, int Fitting, string Text, IReadOnlyList<MisfitCount> Misfits);

/// <param name="Code">Stable: <c>too-little-memory</c>.</param>
/// <param name="Text">For people: <c>too little memory</c>.</param>
public sealed record MisfitCount(string Code, string Text, int Count);

/// <param name="Weight">Ten-thousandths of the score.</param>
/// <param name="Gate">Must hold, whatever the score.</param>
public sealed record CheckOutcome(string Name, int Weight, bool Gate, bool Held);

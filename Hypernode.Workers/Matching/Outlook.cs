using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Workers.Verification;

namespace Hypernode.Workers.Matching;

/// <summary>The matcher's and the oracle's own rules, asked out of turn: nothing is handed out, nothing is judged.</summary>
public sealed class Outlook(INodeDirectory nodes, TimeProvider time) : IOutlook
{
    private const string Failed = "failed: ";

    public async Task<MatchOutlook> OfJobAsync(WaitingJob job, CancellationToken cancellationToken) =>
        Count([.. (await nodes.ListAsync(cancellationToken)).Select(n => Check(n, job))], "node");

    public MatchOutlook OfNode(NodeView node, IReadOnlyList<WaitingJob> jobs) => Count([.. jobs.Select(j => Check(node, j))], "job");

    public IReadOnlyList<CheckOutcome> ChecksOf(ResultVerified result)
    {
        if (result.Verdict == Verdict.Cancelled)
        {
            return [];
        }

        var failed = result.Detail.StartsWith(Failed, StringComparison.Ordinal) ? result.Detail[Failed.Length..].Split(", ") : [];
        return [.. OracleChecks.All.Select(c => new CheckOutcome(c.Name, c.Weight, c.IsGate, !failed.Contains(c.Name, StringComparer.Ordinal)))];
    }

    private Misfit? Check(NodeView node, WaitingJob job) =>
        OfferFit.Check(node, job.Spec, job.Amount, time.GetUtcNow()) is { } misfit ? misfit
        : job.Tried.Contains(node.Id) ? Misfit.HadItsAttempt
        : node.BusySlots >= node.Offer.Slots ? Misfit.Busy
        : null;

    private static MatchOutlook Count(IReadOnlyList<Misfit?> found, string what)
    {
        var misfits = found.OfType<Misfit>().ToList();
        var (fitting, text) = (found.Count - misfits.Count, JobMatcher.Explain(misfits, what));
        return new MatchOutlook(
            found.Count,
            fitting,
            fitting == 0 ? text : $"{fitting} fitting and free{(misfits.Count == 0 ? "" : $"; {text}")}",
            [.. misfits.GroupBy(m => m).OrderBy(g => g.Key).Select(g => new MisfitCount(CodeOf(g.Key), OfferFit.Describe(g.Key), g.Count()))]);
    }

    private static string CodeOf(Misfit misfit) => OfferFit.Describe(misfit).ToLowerInvariant().Replace(' ', '-');
}

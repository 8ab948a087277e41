using Hypernode.Contracts.Jobs;

namespace Hypernode.Workers.Verification;

/// <param name="Score">Of 10,000.</param>
/// <param name="Failed">Names of the checks that did not hold, in the table's order.</param>
public sealed record Judgement(Verdict Verdict, int Score, IReadOnlyList<string> Failed);

/// <summary>From evidence to a verdict.</summary>
public static class Oracle
{
    public static Judgement Judge(Evidence evidence)
    {
        var failed = OracleChecks.All.Where(check => !check.Holds(evidence)).ToList();
        var score = OracleChecks.All.Sum(check => check.Weight) - failed.Sum(check => check.Weight);
        var verdict =
            score >= OracleChecks.Threshold && !failed.Exists(check => check.IsGate) ? Verdict.Succeeded
            : IsJobFault(evidence, failed) ? Verdict.JobFault
            : Verdict.NodeFault;
        return new Judgement(verdict, score, [.. failed.Select(check => check.Name)]);
    }

    /// <summary>The job ended badly, and everything that is the node's business is in order. A script may fail at once, so the floor of the timing is forgiven.</summary>
    private static bool IsJobFault(Evidence evidence, List<OracleCheck> failed) =>
        failed.Exists(check => check.Name == OracleChecks.ExitCode)
        && failed.TrueForAll(check => check.ForgivesJobFault || (check.Name == OracleChecks.ValidTiming && OracleChecks.TimingAgrees(evidence)));
}

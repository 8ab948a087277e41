using Hypernode.Contracts.Jobs;

namespace Hypernode.Sagas.Invariants;

/// <summary>I11: which state may follow which. Written down here a second time on purpose, from the design and not from the machine: the simulator and an operator's audit hold it to this.</summary>
public static class JobPaths
{
    private static readonly Dictionary<string, string[]> Next = new(StringComparer.Ordinal)
    {
        [JobStateNames.Initial] = [JobStateNames.Submitted, JobStateNames.Rejected],
        [JobStateNames.Submitted] = [JobStateNames.IntentVerified, JobStateNames.Rejected],
        [JobStateNames.IntentVerified] = [JobStateNames.EscrowPending],
        [JobStateNames.EscrowPending] = [JobStateNames.Matching, JobStateNames.Rejected, JobStateNames.Refunding],
        [JobStateNames.Matching] = [JobStateNames.Assigned, JobStateNames.Refunding],
        [JobStateNames.Assigned] = [JobStateNames.Executing, JobStateNames.Executed, JobStateNames.Matching, JobStateNames.Refunding],
        [JobStateNames.Executing] = [JobStateNames.Executed, JobStateNames.Verified, JobStateNames.Matching, JobStateNames.Refunding],
        [JobStateNames.Executed] = [JobStateNames.Verified, JobStateNames.Matching, JobStateNames.Refunding],
        [JobStateNames.Verified] = [JobStateNames.SettlementPending],
        [JobStateNames.SettlementPending] = [JobStateNames.Paid, JobStateNames.Refunding, JobStateNames.Refunded],
        [JobStateNames.Refunding] = [JobStateNames.Refunded, JobStateNames.Paid],
        [JobStateNames.Paid] = [],
        [JobStateNames.Refunded] = [],
        [JobStateNames.Rejected] = [],
    };

    public static bool Allows(string from, string to) => Next.TryGetValue(from, out var next) && next.Contains(to);
}

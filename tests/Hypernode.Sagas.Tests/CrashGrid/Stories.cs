using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Sagas.Tests.Rig;

namespace Hypernode.Sagas.Tests.CrashGrid;

/// <summary>The happy path and every branch: together they make each transition of the machine that a job can go through.</summary>
internal static class Stories
{
    public static IReadOnlyList<Story> All { get; } =
    [
        new("happy", JobStateNames.Paid),
        new("the intent does not hold", JobStateNames.Rejected) { IntentHolds = false },
        new("the intent's check stumbles", JobStateNames.Paid) { VerifierStumbles = 1 },
        new("the verifier never answers", JobStateNames.Rejected) { VerifierStumbles = Always, SettleWithin = TimeSpan.FromMinutes(2) },
        new("the lock lands unheard", JobStateNames.Paid) { Chain = c => c.Next<LockEscrow>(Mishap.LandsUnknown) },
        new("the lock is dropped", JobStateNames.Paid) { Chain = c => c.Next<LockEscrow>(Mishap.LostUnknown) },
        new("the lock is refused", JobStateNames.Rejected) { Chain = c => c.Always<LockEscrow>(Mishap.RefusedForGood) },
        new("no lock before the job expires", JobStateNames.Refunded)
        {
            Chain = c => c.AwayUntil<LockEscrow>(TimeSpan.FromSeconds(95)), SettleWithin = TimeSpan.FromMinutes(1),
        },
        new("the slot is another job's", JobStateNames.Paid) { SlotIsTaken = true },
        new("the assignment is refused", JobStateNames.Paid) { Chain = c => c.Always<AssignNode>(Mishap.RefusedForGood, a => a.Attempt == 1) },
        new("the assignment has no answer", JobStateNames.Paid) { Chain = c => c.Next<AssignNode>(Mishap.LostUnknown, Mishap.LostUnknown, Mishap.LostUnknown) },
        new("the node declines", JobStateNames.Paid) { Node = OnlyFirst(NodeAct.Declines) },
        new("the node never starts", JobStateNames.Paid) { Node = OnlyFirst(NodeAct.NeverStarts) },
        new("the node declines what it had started", JobStateNames.Paid) { Node = OnlyFirst(NodeAct.StartsAndDeclines) },
        new("the node's start is overtaken by its receipt", JobStateNames.Paid) { Node = _ => NodeAct.OnlyEnds },
        new("the node falls silent", JobStateNames.Paid) { Node = OnlyFirst(NodeAct.FallsSilent) },
        new("the node dies before it starts", JobStateNames.Paid) { Node = OnlyFirst(NodeAct.DiesAtOnce) },
        new("the lease runs out", JobStateNames.Paid) { Node = OnlyFirst(NodeAct.Hangs) },
        new("every node hangs", JobStateNames.Refunded) { Node = _ => NodeAct.Hangs, MaxAttempts = 1 },
        new("the node is at fault", JobStateNames.Paid) { Verdict = a => a == 1 ? Verdict.NodeFault : Verdict.Succeeded },
        new("every node is at fault", JobStateNames.Refunded) { Verdict = _ => Verdict.NodeFault, MaxAttempts = 1 },
        new("every node declines", JobStateNames.Refunded) { Node = _ => NodeAct.Declines, MaxAttempts = 1 },
        new("the job is at fault", JobStateNames.Paid) { Verdict = _ => Verdict.JobFault },
        new("the oracle does not answer", JobStateNames.Paid) { OracleStumbles = 7 },
        new("the oracle never answers", JobStateNames.Refunded) { OracleStumbles = Always, SettleWithin = TimeSpan.FromMinutes(2) },
        new("the settlement lands unheard", JobStateNames.Paid) { Chain = c => c.Next<SettlePayment>(Mishap.LandsUnknown) },
        new("the settlement is dropped", JobStateNames.Paid) { Chain = c => c.Next<SettlePayment>(Mishap.LostUnknown) },
        new("the settlement is refused for now", JobStateNames.Paid) { Chain = c => c.Next<SettlePayment>(Mishap.RefusedForNow) },
        new("the settlement is refused", JobStateNames.Refunded)
        {
            Chain = c => c.Always<SettlePayment>(Mishap.RefusedForGood), SettleWithin = TimeSpan.FromMinutes(2),
        },
        new("no settlement before the job expires", JobStateNames.Refunded)
        {
            Chain = c => c.AwayUntil<SettlePayment>(TimeSpan.FromSeconds(125)), SettleWithin = TimeSpan.FromMinutes(2),
        },
        new("somebody refunds an expired job that was to be settled", JobStateNames.Refunded)
        {
            Chain = c => c.AwayUntil<SettlePayment>(TimeSpan.FromSeconds(155)).RefundedByAnybody(), SettleWithin = TimeSpan.FromMinutes(2),
        },
        new("the refund is dropped, then unheard", JobStateNames.Refunded)
        {
            NoNodes = true, CancelIn = JobStateNames.Matching, Chain = c => c.Next<RefundPayment>(Mishap.LostUnknown, Mishap.LandsUnknown),
        },
        new("a settlement that nobody heard of lands before the refund", JobStateNames.Paid)
        {
            Chain = c => c.Next<SettlePayment>(Mishap.LandsUnknown, Mishap.SaysRefused), SettleWithin = TimeSpan.FromMinutes(2),
        },
        new("cancelled before it was seen", JobStateNames.Rejected) { CancelIn = JobStateNames.Initial },
        new("cancelled in Submitted", JobStateNames.Rejected) { CancelIn = JobStateNames.Submitted, VerifierStumbles = 2 },
        new("cancelled in EscrowPending", JobStateNames.Refunded) { CancelIn = JobStateNames.EscrowPending, Chain = c => c.Next<LockEscrow>(Mishap.LostUnknown) },
        new("cancelled in Matching", JobStateNames.Refunded) { CancelIn = JobStateNames.Matching, NoNodes = true },
        new("cancelled in Assigned", JobStateNames.Refunded) { CancelIn = JobStateNames.Assigned, Node = _ => NodeAct.NeverStarts },
        new("cancelled in Executing", JobStateNames.Paid) { CancelIn = JobStateNames.Executing, Node = _ => NodeAct.Hangs },
        new("cancelled in Executing, the oracle stumbles", JobStateNames.Paid) { CancelIn = JobStateNames.Executing, Node = _ => NodeAct.Hangs, OracleStumbles = 7 },
        new("cancelled in Executing, the oracle never answers", JobStateNames.Refunded)
        {
            CancelIn = JobStateNames.Executing, Node = _ => NodeAct.Hangs, OracleStumbles = Always, SettleWithin = TimeSpan.FromMinutes(2),
        },
        new("cancelled in Executed", JobStateNames.Paid) { CancelIn = JobStateNames.Executed, OracleStumbles = 1 },
        new("cancelled in SettlementPending", JobStateNames.Paid) { CancelIn = JobStateNames.SettlementPending, Chain = c => c.Next<SettlePayment>(Mishap.LandsUnknown) },
        new("expired in Matching", JobStateNames.Refunded) { NoNodes = true, SettleWithin = TimeSpan.FromMinutes(1) },
        new("expired in Assigned", JobStateNames.Refunded) { Chain = c => c.Always<AssignNode>(Mishap.LostUnknown), SettleWithin = TimeSpan.FromSeconds(50) },
        new("expired in Executing", JobStateNames.Refunded) { Node = _ => NodeAct.Hangs, SettleWithin = TimeSpan.FromSeconds(50) },
    ];

    private const int Always = int.MaxValue;

    private static Func<int, NodeAct> OnlyFirst(NodeAct act) => attempt => attempt == 1 ? act : NodeAct.Runs;
}

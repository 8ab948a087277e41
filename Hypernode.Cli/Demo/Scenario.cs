using Hypernode.Cli.Stack;
using Hypernode.Contracts.Jobs;

namespace Hypernode.Cli.Demo;

/// <summary>One story that the demo can tell: how the stack is set up, what happens meanwhile, and how it must end.</summary>
/// <param name="Intervene">What somebody does while the job lives.</param>
/// <param name="Job">A folder of examples/.</param>
/// <param name="RunLimitSeconds">Null: what the job asks for.</param>
/// <param name="Outcome">What the job must end with; null: not looked at.</param>
internal sealed record Scenario(
    string Name,
    string About,
    string EndState,
    string? Outcome,
    int Attempt,
    IReadOnlyList<AgentPlan> Agents,
    WorkflowWindows Windows,
    Intervention Intervene = Intervention.None,
    string Job = "word-frequency",
    int? RunLimitSeconds = null,
    int? IntentLifetimeSeconds = null)
{
    private static readonly AgentPlan Honest = new("node-1");
    private static readonly AgentPlan TooSmall = new("node-1", MemoryMb: 16);

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("happy", "a job runs and is paid", JobStateNames.Paid, nameof(Verdict.Succeeded), 1, [Honest], Seconds()),
        new("bad-exit", "the job fails by its own fault and is charged as metered",
            JobStateNames.Paid, nameof(Verdict.JobFault), 1, [Honest], Seconds(), Job: "bad-exit"),
        new("node-death", "a node dies mid-job, a second one finishes it",
            JobStateNames.Paid, nameof(Verdict.Succeeded), 2, [Honest, new("node-2")], Seconds(), Intervention.KillNode, Job: "long"),
        new("expiry", "no node ever fits, and the money comes back by itself",
            JobStateNames.Refunded, nameof(RefundReason.Expired), 1, [TooSmall], Shortest(), RunLimitSeconds: 2, IntentLifetimeSeconds: 10),
        new("forged-receipt", "the only node lies about its run and is not paid",
            JobStateNames.Refunded, nameof(RefundReason.AttemptsUsedUp), 1, [Honest with { Lies = true }], Seconds(attempts: 1)),
        new("bad-signature", "a wrong signature is refused before anything is stored",
            JobStateNames.Rejected, null, 0, [Honest], Seconds(), Intervention.SignWrongly),
        new("cancel", "the payer cancels before a node is found",
            JobStateNames.Refunded, nameof(RefundReason.Cancelled), 1, [TooSmall], Seconds(), Intervention.Cancel),
    ];

    /// <summary>Seconds where production has minutes: Config fields, no time warp.</summary>
    private static WorkflowWindows Seconds(int attempts = 3) => new()
    {
        MatchSeconds = 60,
        StartPatienceSeconds = 20,
        VerificationSeconds = 30,
        MaxAttempts = attempts,
        StepSeconds = 5,
        MatchRetrySeconds = 1,
        RefundGraceSeconds = 5,
        SilenceSeconds = 8,
        MaxSilenceSeconds = 90,
    };

    /// <summary>settle_by and its grace are over some 18 seconds after the intent was made.</summary>
    private static WorkflowWindows Shortest() => new()
    {
        MatchSeconds = 2,
        StartPatienceSeconds = 1,
        VerificationSeconds = 1,
        MaxAttempts = 1,
        StepSeconds = 5,
        MatchRetrySeconds = 1,
        RefundGraceSeconds = 2,
    };
}

internal enum Intervention
{
    None,
    KillNode,
    SignWrongly,
    Cancel,
}

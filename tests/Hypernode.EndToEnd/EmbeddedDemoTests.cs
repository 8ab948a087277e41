namespace Hypernode.EndToEnd;

[Trait("Needs", "docker")]
[Trait("Needs", "localnet")]
public class EmbeddedDemoTests
{
    [Fact]
    public async Task Happy_pays_the_node_and_returns_the_rest()
    {
        var report = await Demo.RunAsync("happy");

        Stories.PaidInFull(report, "Succeeded", attempt: 1);
        report.Transitions.Select(t => t.State).ShouldBe(
            ["Submitted", "IntentVerified", "EscrowPending", "Matching", "Assigned", "Executing", "Executed", "Verified", "SettlementPending", "Paid"]);
    }

    [Fact]
    public async Task Bad_exit_is_charged_as_metered() =>
        Stories.PaidInFull(await Demo.RunAsync("bad-exit"), "JobFault", attempt: 1);

    [Fact]
    public async Task Node_death_is_finished_by_another_node()
    {
        var report = await Demo.RunAsync("node-death");

        Stories.PaidInFull(report, "Succeeded", attempt: 2);
        report.Transitions.ShouldContain(t => t.State == "Matching" && t.Cause.Contains("NodeSilent", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Expiry_gives_everything_back_by_itself() =>
        Stories.RefundedInFull(await Demo.RunAsync("expiry"), "Expired");

    [Fact]
    public async Task A_forged_receipt_is_not_paid() =>
        Stories.RefundedInFull(await Demo.RunAsync("forged-receipt"), "AttemptsUsedUp");

    [Fact]
    public async Task Cancelled_before_assignment_everything_comes_back()
    {
        var report = await Demo.RunAsync("cancel");

        Stories.RefundedInFull(report, "Cancelled");
        report.Transitions.ShouldNotContain(t => t.State == "Assigned");
    }

    [Fact]
    public async Task A_bad_signature_locks_and_stores_nothing()
    {
        var report = await Demo.RunAsync("bad-signature");

        report.State.ShouldBe("Rejected");
        new[] { report.Amount, report.Charge, report.NodeShare, report.ProtocolFee, report.PlatformFee, report.Refund }.ShouldAllBe(sum => sum == 0);
        report.Signatures.ShouldBeEmpty();
        report.Transitions.Single().Cause.ShouldStartWith("402");
    }
}

using Hypernode.Cli.Demo;

namespace Hypernode.EndToEnd;

/// <summary>How a story may end, to the base unit.</summary>
internal static class Stories
{
    public static void PaidInFull(DemoReport report, string outcome, int attempt)
    {
        report.State.ShouldBe("Paid");
        report.Outcome.ShouldBe(outcome);
        report.Attempt.ShouldBe(attempt);
        report.NodeId.ShouldNotBeEmpty();
        report.Charge.ShouldBeGreaterThan(0UL);
        report.ProtocolFee.ShouldBe(report.Charge / 10);
        report.PlatformFee.ShouldBe(report.Charge / 20);
        (report.NodeShare + report.ProtocolFee + report.PlatformFee).ShouldBe(report.Charge);
        (report.Charge + report.Refund).ShouldBe(report.Amount);
        report.Refund.ShouldBeGreaterThan(0UL);
        report.Signatures.ShouldBeUnique();
        report.Signatures.Count.ShouldBe(attempt + 2, "a lock, an assignment an attempt, a settlement");
        Told(report);
    }

    public static void RefundedInFull(DemoReport report, string outcome)
    {
        report.State.ShouldBe("Refunded");
        report.Outcome.ShouldBe(outcome);
        report.Amount.ShouldBeGreaterThan(0UL);
        report.Refund.ShouldBe(report.Amount);
        new[] { report.Charge, report.NodeShare, report.ProtocolFee, report.PlatformFee }.ShouldAllBe(sum => sum == 0);
        Told(report);
    }

    private static void Told(DemoReport report)
    {
        report.Transitions[^1].State.ShouldBe(report.State);
        report.Transitions.Select(t => t.At).ShouldBeInOrder();
        report.DurationMs.ShouldBe(report.Transitions[^1].At - report.Transitions[0].At);
    }
}

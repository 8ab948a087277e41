using Hypernode.Cli.Client;

namespace Hypernode.EndToEnd;

[Trait("Needs", "docker")]
[Trait("Needs", "localnet")]
public class EmbeddedDemoTests
{
    [Theory]
    [InlineData(Funding.Intent)]
    [InlineData(Funding.Transaction)]
    public async Task Happy_pays_the_node_and_returns_the_rest(Funding funding)
    {
        var report = await Demo.RunAsync("happy", funding: funding);

        Stories.PaidInFull(report, "Succeeded", attempt: 1);
        report.Transitions.Select(t => t.State).ShouldBe(
            ["Submitted", "IntentVerified", "EscrowPending", "Matching", "Assigned", "Executing", "Executed", "Verified", "SettlementPending", "Paid"]);
    }

    [Fact]
    public async Task The_receipt_that_a_paid_job_leaves_can_be_checked_offline_with_its_files()
    {
        var data = Directory.CreateTempSubdirectory("hypernode-receipt-").FullName;
        try
        {
            var report = await Demo.RunAsync("happy", data: data);

            string Of(string name) => Path.Combine(data, "result", name);
            var verdict = await Demo.HnAsync(
                "receipt", "verify", Of("receipt.json"), "--artifacts", Path.Combine(data, "result"), "--logs", Of("logs.json"), "--job", Of("job.json"), "--json");
            verdict.Single().ShouldStartWith($$"""{"ok":true,"jobId":"{{report.JobId}}","attempt":1,"nodeId":"{{report.NodeId}}""");
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    [Theory]
    [InlineData(Funding.Intent)]
    [InlineData(Funding.Transaction)]
    public async Task Bad_exit_is_charged_as_metered(Funding funding) =>
        Stories.PaidInFull(await Demo.RunAsync("bad-exit", funding: funding), "JobFault", attempt: 1);

    [Theory]
    [InlineData(Funding.Intent)]
    [InlineData(Funding.Transaction)]
    [Trait("About", "agent")]
    public async Task Node_death_is_finished_by_another_node(Funding funding)
    {
        var report = await Demo.RunAsync("node-death", funding: funding);

        Stories.PaidInFull(report, "Succeeded", attempt: 2);
        report.Transitions.ShouldContain(t => t.State == "Matching" && t.Cause.Contains("NodeSilent", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Funding.Intent)]
    [InlineData(Funding.Transaction)]
    public async Task Expiry_gives_everything_back_by_itself(Funding funding) =>
        Stories.RefundedInFull(await Demo.RunAsync("expiry", funding: funding), "Expired");

    [Theory]
    [InlineData(Funding.Intent)]
    [InlineData(Funding.Transaction)]
    [Trait("About", "agent")]
    public async Task A_forged_receipt_is_not_paid(Funding funding) =>
        Stories.RefundedInFull(await Demo.RunAsync("forged-receipt", funding: funding), "AttemptsUsedUp");

    [Theory]
    [InlineData(Funding.Intent)]
    [InlineData(Funding.Transaction)]
    public async Task Cancelled_before_assignment_everything_comes_back(Funding funding)
    {
        var report = await Demo.RunAsync("cancel", funding: funding);

        Stories.RefundedInFull(report, "Cancelled");
        report.Transitions.ShouldNotContain(t => t.State == "Assigned");
    }

    [Theory]
    [InlineData(Funding.Intent)]
    [InlineData(Funding.Transaction)]
    public async Task A_bad_signature_locks_and_stores_nothing(Funding funding)
    {
        var report = await Demo.RunAsync("bad-signature", funding: funding);

        report.State.ShouldBe("Rejected");
        new[] { report.Amount, report.Charge, report.NodeShare, report.ProtocolFee, report.PlatformFee, report.Refund }.ShouldAllBe(sum => sum == 0);
        report.Signatures.ShouldBeEmpty();
        report.Transitions.Single().Cause.ShouldStartWith("402");
    }
}

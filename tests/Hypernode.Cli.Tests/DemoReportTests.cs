using System.Text.Json;
using Hypernode.Cli.Client;
using Hypernode.Cli.Demo;

namespace Hypernode.Cli.Tests;

public class DemoReportTests
{
    private static readonly string[] Names =
    [
        "jobId", "state", "attempt", "nodeId", "amount", "charge", "nodeShare", "protocolFee", "platformFee", "refund",
        "signatures", "transitions", "durationMs", "outcome",
    ];

    [Fact]
    public void The_json_is_one_line_with_the_promised_names_and_no_null()
    {
        // A job that never had a node, an outcome or a sum.
        var job = new JobAnswer("job-1", "Rejected", null, 0, null, 0, 0, 0, 0, 0, 0, "i", 0, null, null, [], [new("Rejected", 1_700_000_000_123, "x", 0)], 0, null);
        var json = DemoReport.Of(job).ToJson();

        json.ShouldNotContain("\n");
        json.ShouldNotContain("null");
        using var document = JsonDocument.Parse(json);
        document.RootElement.EnumerateObject().Select(p => p.Name).ShouldBe(Names);
        document.RootElement.GetProperty("transitions")[0].EnumerateObject().Select(p => p.Name).ShouldBe(["state", "at", "cause"]);
    }

    [Fact]
    public void A_refused_submission_has_no_sums()
    {
        var refusal = new RefusedException(402, new ProblemAnswer("urn:x", 402, "no", [new("/signature", "wrong-signature", "is not the client's")]), "");
        var report = DemoReport.OfRefusal("job-1", refusal, 5);

        (report.State, report.Outcome, report.Amount, report.Refund).ShouldBe(("Rejected", "wrong-signature", 0UL, 0UL));
        report.Transitions.Single().ShouldBe(new ReportedTransition("Rejected", 5, "402 wrong-signature"));
    }

    [Fact]
    public void Every_scenario_of_the_issue_is_there() =>
        Scenario.All.Select(s => s.Name).ShouldBe(["happy", "bad-exit", "node-death", "expiry", "forged-receipt", "bad-signature", "cancel"]);
}

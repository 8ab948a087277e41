using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Workers.Matching;
using Hypernode.Workers.Tests.Fakes;
using Hypernode.Workers.Verification;

namespace Hypernode.Workers.Tests.Matching;

public sealed class OutlookTests
{
    private readonly HonestRun _run = new();
    private readonly FakeNodes _nodes = new();
    private readonly Outlook _outlook;

    public OutlookTests() => _outlook = new Outlook(_nodes, new FakeTime());

    private WaitingJob Job => new(_run.JobId, _run.Job.Spec, _run.Job.Intent.Amount, _run.Job.SettleBy, []);

    [Fact]
    public async Task A_job_hears_of_every_node_why_it_can_not_have_it()
    {
        Add(1);
        Add(2, n => n with { Status = NodeStatus.Draining });
        Add(3, n => n with { BusySlots = n.Offer.Slots });
        var had = Add(4);

        var outlook = await _outlook.OfJobAsync(Job with { Tried = [had.Id] }, CancellationToken.None);

        (outlook.Looked, outlook.Fitting).ShouldBe((4, 1));
        outlook.Text.ShouldBe("1 fitting and free; 3 nodes: 1 not active, 1 had its attempt, 1 busy");
        outlook.Misfits.Select(m => (m.Code, m.Count)).ShouldBe([("not-active", 1), ("had-its-attempt", 1), ("busy", 1)]);
    }

    [Fact]
    public async Task Without_nodes_it_says_so() => (await _outlook.OfJobAsync(Job, CancellationToken.None)).Text.ShouldBe("no nodes");

    [Fact]
    public void A_node_hears_of_every_waiting_job_why_it_does_not_get_it()
    {
        var dear = Job with { Amount = new HyperAmount(1) };

        var outlook = _outlook.OfNode(Add(1), [Job, dear, dear]);

        (outlook.Looked, outlook.Fitting, outlook.Text).ShouldBe((3, 1, "1 fitting and free; 2 jobs: 2 too dear"));
    }

    [Fact]
    public void A_verdict_shows_each_check_and_a_metered_cancellation_none()
    {
        var result = new ResultVerified(_run.JobId, 1, Verdict.NodeFault, 6_500, default, default, default, "failed: logs_exist, node_match");

        var checks = _outlook.ChecksOf(result);

        checks.Select(c => c.Name).ShouldBe(OracleChecks.All.Select(c => c.Name));
        checks.Where(c => !c.Held).Select(c => c.Name).ShouldBe(["logs_exist", "node_match"]);
        _outlook.ChecksOf(result with { Verdict = Verdict.Cancelled }).ShouldBeEmpty();
        _outlook.ChecksOf(result with { Detail = "all checks hold" }).ShouldAllBe(c => c.Held);
    }

    private NodeView Add(byte id, Func<NodeView, NodeView>? change = null)
    {
        var node = (change ?? (n => n))(new NodeView(
            new NodeId(new Guid(id, 0, 0, new byte[8])), new Key((byte)(50 + id)).Address, new Key((byte)(80 + id)).Address, $"host-{id}",
            NodeStatus.Active, new NodeOffer(1, 2_000, 1_024, new HyperAmount(800), [], []), 0, 0, HyperAmount.Zero, FakeTime.Noon, FakeTime.Noon));
        _nodes.All.Add(node);
        return node;
    }
}

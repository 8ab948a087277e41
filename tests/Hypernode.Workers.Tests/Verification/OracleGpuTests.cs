using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Workers.Tests.Fakes;
using Hypernode.Workers.Verification;

namespace Hypernode.Workers.Tests.Verification;

/// <summary>What a node may say of its GPUs: that it ran on those of its lease, for as long as it ran.</summary>
public sealed class OracleGpuTests
{
    private const string A = "GPU-aaaaaaaa-0000-4000-8000-000000000001";
    private const string B = "GPU-bbbbbbbb-0000-4000-8000-000000000002";
    private const string C = "GPU-cccccccc-0000-4000-8000-000000000003";

    [Fact]
    public void An_honest_run_on_two_GPUs_succeeds()
    {
        var judged = Oracle.Judge(new HonestRun().On(A, B).Evidence());
        (judged.Verdict, judged.Score).ShouldBe((Verdict.Succeeded, 10_000));
        judged.Failed.ShouldBeEmpty();
    }

    public static TheoryData<string, Func<Receipt, Receipt>> Tolerated { get; } = new()
    {
        { "named in another order", r => r with { GpuUuids = [B, A] } },
        { "no memory seen in use", r => r with { PeakVramMb = 0 } },
        { "GPU time a little off", r => r with { GpuMilliseconds = 20_900 } },
    };

    [Theory]
    [MemberData(nameof(Tolerated))]
    public void An_honest_run_may_differ(string how, Func<Receipt, Receipt> change)
    {
        var run = new HonestRun().On(A, B);
        run.Receipt = change(run.Receipt);
        Oracle.Judge(run.Evidence()).Verdict.ShouldBe(Verdict.Succeeded, how);
    }

    public static TheoryData<string, Func<Receipt, Receipt>> Lies { get; } = new()
    {
        { "another GPU than the lease's", r => r with { GpuUuids = [A, C] } },
        { "other GPUs altogether", r => r with { GpuUuids = [C, "GPU-dddddddd-0000-4000-8000-000000000004"] } },
        { "one GPU twice", r => r with { GpuUuids = [A, A] } },
        { "one GPU too few", r => r with { GpuUuids = [A] } },
        { "one GPU too many", r => r with { GpuUuids = [A, B, C] } },
        { "none", r => r with { GpuUuids = [] } },
        { "none, and no time", r => r with { GpuUuids = [], GpuMilliseconds = 0, PeakVramMb = 0 } },
        { "the lease's, in capitals", r => r with { GpuUuids = [A, B.ToUpperInvariant()] } },
        { "more GPU time than there was", r => r with { GpuMilliseconds = 40_001 } },
        { "no GPU time", r => r with { GpuMilliseconds = -1 } },
        { "GPU time at the end of its range", r => r with { GpuMilliseconds = 9_007_199_254_740_991 } },
        { "a negative peak", r => r with { PeakVramMb = -1 } },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public void A_lie_about_GPUs_is_the_nodes_fault(string how, Func<Receipt, Receipt> change)
    {
        var run = new HonestRun().On(A, B);
        run.Receipt = change(run.Receipt);
        var judged = Oracle.Judge(run.Evidence());
        judged.Verdict.ShouldBe(Verdict.NodeFault, how);
        judged.Failed.ShouldContain("gpus_match", how);
    }

    public static TheoryData<string, Func<Receipt, Receipt>> LiesOfACpuJob { get; } = new()
    {
        { "a GPU that nobody leased", r => r with { GpuUuids = [A] } },
        { "GPU time", r => r with { GpuMilliseconds = 1 } },
        { "memory of a GPU", r => r with { PeakVramMb = 1 } },
    };

    [Theory]
    [MemberData(nameof(LiesOfACpuJob))]
    public void A_job_without_GPUs_has_a_receipt_without_GPUs(string how, Func<Receipt, Receipt> change)
    {
        var run = new HonestRun();
        run.Receipt = change(run.Receipt);
        Oracle.Judge(run.Evidence()).Verdict.ShouldBe(Verdict.NodeFault, how);
    }

    [Fact]
    public void A_job_that_fails_by_its_own_fault_is_no_excuse_for_a_lie()
    {
        var run = new HonestRun().On(A).Exited(1);
        Oracle.Judge(run.Evidence()).Verdict.ShouldBe(Verdict.JobFault);
        run.Receipt = run.Receipt with { GpuUuids = [C] };
        Oracle.Judge(run.Evidence()).Verdict.ShouldBe(Verdict.NodeFault);
    }

    [Fact]
    public void The_lease_counts_though_the_node_offers_other_GPUs_by_now()
    {
        var run = new HonestRun().On(A);
        run.Node = run.Node with { Offer = run.Node.Offer with { Gpus = [new GpuInfo(C, "other", 1)] } };
        Oracle.Judge(run.Evidence()).Verdict.ShouldBe(Verdict.Succeeded);
    }
}

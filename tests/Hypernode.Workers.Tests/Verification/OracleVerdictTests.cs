using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;
using Hypernode.Workers.Tests.Fakes;
using Hypernode.Workers.Verification;

namespace Hypernode.Workers.Tests.Verification;

public sealed class OracleVerdictTests
{
    public static TheoryData<string, Verdict, int, Action<HonestRun>> Matrix { get; } = new()
    {
        { "all checks hold", Verdict.Succeeded, 10_000, _ => { } },
        { "timing alone fails: the score still suffices", Verdict.Succeeded, 8_500, r => r.Lease = r.Lease with { FirstBeatAt = null, LastBeatAt = null } },
        { "job_exists alone fails: the score still suffices, the chain has the last word", Verdict.Succeeded, 8_500, r => r.Payment = null },
        { "the marker alone fails: below the threshold", Verdict.NodeFault, 7_500, r => r.Receipt = r.Receipt with { CompletionMarker = Hash256.Zero } },
        { "two small ones fail: below the threshold", Verdict.NodeFault, 7_000, r => (r.Payment, r.Lease) = (null, r.Lease with { FirstBeatAt = null, LastBeatAt = null }) },
        { "the logs are a lie: a gate", Verdict.NodeFault, 8_000, r => r.Receipt = r.Receipt with { LogRoot = Key.Hash(1) } },
        { "signed by a stranger: a gate, whatever the score", Verdict.NodeFault, 8_500, r => r.SignedBy = new Key(99) },
        { "the hashes are a lie: a gate, whatever the score", Verdict.NodeFault, 9_000, r => r.Receipt = r.Receipt with { SpecHash = Key.Hash(1) } },
        { "exit code 1", Verdict.JobFault, 10_000, r => r.Exited(1) },
        { "timed out", Verdict.JobFault, 10_000, r => r.Exited(137, timedOut: true) },
        { "out of memory", Verdict.JobFault, 10_000, r => r.Exited(137, outOfMemory: true) },
        { "exit code 1 at once: the floor is forgiven", Verdict.JobFault, 8_500, r => Quick(r.Exited(1)) },
        { "exit code 1 and no marker: forgiven", Verdict.JobFault, 7_500, r => r.Exited(1).Receipt = r.Receipt with { CompletionMarker = Hash256.Zero } },
        { "exit code 1, at once and no marker: both forgiven", Verdict.JobFault, 6_000, r => Quick(r.Exited(1)).Receipt = r.Receipt with { CompletionMarker = Hash256.Zero } },
        { "exit code 1, but times that we did not see", Verdict.NodeFault, 8_500, r => r.Exited(1).Receipt = r.Receipt with { EndedAt = r.Receipt.EndedAt + 15_000 } },
        { "exit code 1, and minutes until its outputs were collected", Verdict.JobFault, 10_000, r => r.Exited(1).Lease = r.Lease with { LastBeatAt = HonestRun.TakenAt.AddMinutes(2) } },
        { "exit code 1, but no payment on chain", Verdict.NodeFault, 8_500, r => r.Exited(1).Payment = null },
        { "exit code 1, but false logs", Verdict.NodeFault, 8_000, r => r.Exited(1).Receipt = r.Receipt with { LogRoot = Key.Hash(1) } },
        { "exit code 1, but signed by a stranger", Verdict.NodeFault, 8_500, r => r.Exited(1).SignedBy = new Key(99) },
        { "success at once: below the floor, the score still suffices", Verdict.Succeeded, 8_500, r => Quick(r) },
    };

    [Theory]
    [MemberData(nameof(Matrix))]
    public void Evidence_leads_to_its_verdict(string how, Verdict verdict, int score, Action<HonestRun> change)
    {
        var run = new HonestRun();
        change(run);
        var judgement = Oracle.Judge(run.Evidence());
        judgement.Verdict.ShouldBe(verdict, $"{how}; failed: {string.Join(", ", judgement.Failed)}");
        judgement.Score.ShouldBe(score, how);
    }

    private static HonestRun Quick(HonestRun run)
    {
        run.Receipt = run.Receipt with { EndedAt = run.Receipt.StartedAt + 40 };
        run.Lease = run.Lease with { LastBeatAt = run.Lease.FirstBeatAt };
        return run;
    }
}

using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <summary>Commands that no honest control plane would send: each is declined with a reason, and the node stays as it was.</summary>
[Trait("Needs", "docker")]
public sealed class SpecAttacks(JobImage image) : IClassFixture<JobImage>, IDisposable
{
    private readonly AbuseBench _bench = new();

    public static TheoryData<string, string, Func<ExecuteJob, ExecuteJob>> Table { get; } = new()
    {
        { "memory of zero, which engines read as no limit", "no-capacity", c => WithLimits(c, l => l with { MemoryMb = 0 }) },
        { "negative memory", "no-capacity", c => WithLimits(c, l => l with { MemoryMb = -1 }) },
        { "more memory than any machine has", "no-capacity", c => WithLimits(c, l => l with { MemoryMb = int.MaxValue }) },
        { "CPU of zero, which engines read as no limit", "no-capacity", c => WithLimits(c, l => l with { CpuMillis = 0 }) },
        { "negative CPU", "no-capacity", c => WithLimits(c, l => l with { CpuMillis = int.MinValue }) },
        { "negative output", "no-capacity", c => WithLimits(c, l => l with { OutputMb = -1 }) },
        { "ten terabytes of output", "no-capacity", c => WithLimits(c, l => l with { OutputMb = 10_000_000 }) },
        { "a GPU that is not there", "no-capacity", c => WithLimits(c, l => l with { Gpus = 1 }) },
        { "minus one GPU", "no-capacity", c => WithLimits(c, l => l with { Gpus = -1 }) },
        { "a negative run limit", "no-capacity", c => c with { RunLimitMs = -1 } },
        { "a run limit of ages", "no-capacity", c => c with { RunLimitMs = long.MaxValue } },
        { "another job than the one that was signed", "inputs-unavailable", c => c with { SpecHash = Hash256.Of([1]) } },
        { "script and command at once", "inputs-unavailable", c => WithSpec(c, s => s with { Cmd = ["true"] }) },
        { "neither script nor command", "inputs-unavailable", c => WithSpec(c, s => s with { Script = null }) },
        { "a network that this node does not give", "inputs-unavailable", c => WithSpec(c, s => s with { Network = NetworkMode.Full }) },
        { "a list of targets without its network", "inputs-unavailable", c => WithSpec(c, s => s with { NetworkAllow = ["example.com:443"] }) },
        { "an input that writes over the script", "inputs-unavailable", c => WithSpec(c, s => s with { Inputs = [new JobInput(".script", Hash256.Of([1]), 1)] }) },
        { "an input outside its folder", "inputs-unavailable", c => WithSpec(c, s => s with { Inputs = [new JobInput("../../journal", Hash256.Of([1]), 1)] }) },
        { "an image by a tag", "image-unavailable", c => WithSpec(c, s => s with { Image = "busybox:latest" }) },
        { "an image name that is a path of the engine's API", "image-unavailable", c => WithSpec(c, s => s with { Image = "../../containers/json?x=@sha256:" + new string('1', 64) }) },
        { "too late to begin", "expired", c => c with { StartBy = 1 } },
    };

    public void Dispose() => _bench.Dispose();

    [Theory]
    [MemberData(nameof(Table))]
    public async Task It_is_declined_with_a_reason_and_leaves_nothing(string what, string reason, Func<ExecuteJob, ExecuteJob> spoil)
    {
        var honest = _bench.Command(new Attack(what, "", Ending.Declined, "true").Spec(image.Id));
        var after = await _bench.RunAsync(spoil(honest));
        after.Declined.ShouldNotBeNull(what).Reason.ShouldBe(reason, after.Declined.Detail);
        after.Charge.BaseUnits.ShouldBe(0UL);
    }

    private static ExecuteJob WithLimits(ExecuteJob command, Func<JobLimits, JobLimits> spoil) => WithSpec(command, s => s with { Limits = spoil(s.Limits) });

    private static ExecuteJob WithSpec(ExecuteJob command, Func<JobSpec, JobSpec> spoil)
    {
        var spec = spoil(command.Spec);
        return command with { Spec = spec, SpecHash = spec.Hash() };
    }
}

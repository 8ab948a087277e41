using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Timers;

namespace Hypernode.Sagas.Tests;

/// <summary>What a match gave is what the node is told and what the oracle asks for, whatever the node offers by then.</summary>
public sealed class GpuLeaseTests
{
    private static readonly string[] Gpus = ["GPU-aaaaaaaa-0000-4000-8000-000000000001", "GPU-bbbbbbbb-0000-4000-8000-000000000002"];

    [Fact]
    public async Task The_GPUs_of_a_match_go_with_the_lease_to_the_node_and_to_the_oracle()
    {
        await using var world = await StartedAsync();

        world.Saga.Lease!.GpuUuids.ShouldBe(Gpus);
        world.Sent<ExecuteJob>().GpuUuids.ShouldBe(Gpus);

        await world.RaiseAsync(new JobExecuted(world.Job, 1, world.Node, default, 0));
        world.Sent<VerifyResult>().GpuUuids.ShouldBe(Gpus);
        await world.RaiseAsync(world.Due(TimerKind.Step));
        world.Sent<VerifyResult>().GpuUuids.ShouldBe(Gpus);
    }

    [Fact]
    public async Task The_next_attempt_has_the_GPUs_of_its_own_match()
    {
        await using var world = await StartedAsync();

        await world.RaiseAsync(new JobDeclined(world.Job, 1, world.Node, "no-capacity", "taken"));
        var other = new NodeId(Guid.NewGuid());
        await world.RaiseAsync(world.Matched(2, other) with { GpuUuids = [Gpus[1]] });
        await world.RaiseAsync(new NodeAssigned(world.Job, 2, "assign-sig"));

        world.Sent<ExecuteJob>().ShouldSatisfyAllConditions(c => c.NodeId.ShouldBe(other), c => c.GpuUuids.ShouldBe([Gpus[1]]));
    }

    [Fact]
    public async Task A_job_without_GPUs_says_nothing_of_them()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.Executed);
        world.Sent<ExecuteJob>().GpuUuids.ShouldBeNull();
        world.Sent<VerifyResult>().GpuUuids.ShouldBeNull();
    }

    private static async Task<SagaWorld> StartedAsync()
    {
        var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.Matching);
        await world.RaiseAsync(world.Matched() with { GpuUuids = Gpus });
        await world.RaiseAsync(new NodeAssigned(world.Job, 1, "assign-sig"));
        return world;
    }
}

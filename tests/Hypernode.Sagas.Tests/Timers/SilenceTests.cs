using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Sagas.Tests.Timers;

/// <summary>Every host that hears nodes judges silence for itself (ADR 5): the saga hears of the same silence as often as there are hosts.</summary>
public sealed class SilenceTests
{
    [Fact]
    public async Task The_same_silence_told_by_two_hosts_costs_one_attempt()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.Executing);
        await world.RaiseAsync(new NodeSilent(world.Job, 1, world.Node));
        var (state, version) = (world.State, world.Journal.Row(world.Job).Version);

        await world.RaiseAsync(new NodeSilent(world.Job, 1, world.Node));

        (world.State, world.Journal.Row(world.Job).Version).ShouldBe((state, version));
        var other = new NodeId(Guid.NewGuid());
        await world.RaiseAsync(world.Matched(2, other));
        await world.RaiseAsync(new NodeSilent(world.Job, 1, world.Node));
        world.State.ShouldBe(JobStateNames.Assigned, "the next attempt is another node's");
        world.Saga.Attempt.ShouldBe(2);
    }
}

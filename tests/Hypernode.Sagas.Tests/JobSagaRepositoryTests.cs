using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Sagas.Engine;

namespace Hypernode.Sagas.Tests;

public sealed class JobSagaRepositoryTests
{
    [Fact]
    public async Task The_same_message_twice_moves_the_job_once()
    {
        await using var world = await SagaWorld.StartAsync();
        var id = Guid.NewGuid();

        await world.RaiseAsync(world.Submitted(), id);
        await world.RaiseAsync(world.Submitted(), id);
        await world.RaiseAsync(new IntentVerified(world.Job));

        world.Journal.Commits.Count.ShouldBe(2);
        world.Journal.Sent.OfType<VerifyIntent>().Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_version_conflict_is_decided_again_on_a_fresh_load_and_sends_once()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.Submitted);
        world.Journal.ConflictsToCome = 3;

        await world.RaiseAsync(new IntentVerified(world.Job));

        world.State.ShouldBe(JobStateNames.EscrowPending);
        world.Journal.Sent.OfType<LockEscrow>().Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_slot_that_another_job_has_keeps_the_job_in_matching_and_tells_it()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.Matching);
        world.Journal.SlotIsTaken = true;

        await world.RaiseAsync(world.Matched());

        // The news takes the way of every message to the saga in this process: it asks again by itself.
        await world.UntilAsync(() => world.Journal.Sent.OfType<MatchJob>().Count() == 2);
        world.State.ShouldBe(JobStateNames.Matching);
        world.Sent<SlotTaken>().Attempt.ShouldBe(1);
        world.Journal.SlotIsTaken = false;
        await world.RaiseAsync(world.Matched());
        world.State.ShouldBe(JobStateNames.Assigned);
    }

    [Fact]
    public async Task A_message_about_no_job_is_refused_so_that_its_queue_can_park_it()
    {
        await using var world = await SagaWorld.StartAsync();
        var stranger = new JobId(Guid.NewGuid());

        var e = await Should.ThrowAsync<UnknownJobException>(
            () => world.Engine.HandleAsync(Guid.NewGuid(), null, new IntentVerified(stranger), CancellationToken.None));

        e.JobId.ShouldBe(stranger);
        world.Journal.Commits.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_effect_exists_only_with_its_transition()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.Paid);

        world.Journal.Commits.Where(c => c.Job is null).ShouldAllBe(c => c.Outbox.Count == 0 && c.Timers.Count == 0);
        world.Journal.Commits.SelectMany(c => c.Outbox).Select(m => m.MessageId).Distinct().Count()
            .ShouldBe(world.Journal.Sent.Count);
    }
}

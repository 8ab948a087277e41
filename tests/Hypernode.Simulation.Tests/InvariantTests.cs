using Hypernode.Contracts.Jobs;
using Hypernode.Simulation.Faults;
using Hypernode.Simulation.Runs;
using Hypernode.Simulation.World;

namespace Hypernode.Simulation.Tests;

public class InvariantTests
{
    [Fact]
    public void The_product_keeps_its_promises_under_every_fault()
    {
        var counts = FaultNames.All.ToDictionary(f => f, _ => 0L);
        for (var i = 0; i < 60 && (i < 6 || counts.Values.Any(c => c == 0)); i++)
        {
            var result = SimulationRun.RunOne(SimulationRun.SeedOf(1, i), 60);
            result.Violations.ShouldBeEmpty($"./hn sim --seed {result.Seed} --jobs 60");
            result.Checked.ShouldBeGreaterThan(1_000);
            foreach (var id in FaultNames.All)
            {
                counts[id] += result.Faults[(int)id];
            }
        }

        counts.Where(c => c.Value == 0).Select(c => c.Key).ShouldBeEmpty("each fault happens");
    }

    [Fact]
    public void Without_faults_every_job_ends_and_nothing_is_counted()
    {
        var result = SimulationRun.RunOne(5, 50, new HashSet<FaultId>());

        result.Violations.ShouldBeEmpty();
        result.Faults.Sum().ShouldBe(0);
        result.Jobs.ShouldBe(50);
        result.Outcomes.Keys.ShouldBeSubsetOf([JobStateNames.Paid, JobStateNames.Refunded, JobStateNames.Rejected]);
        result.Outcomes[JobStateNames.Paid].ShouldBeGreaterThan(30);
    }

    [Theory]
    [InlineData(FaultId.F05)]
    [InlineData(FaultId.F12)]
    [InlineData(FaultId.F22)]
    public void A_fault_that_is_chosen_is_the_only_one(FaultId id)
    {
        var counts = new long[(int)FaultNames.All[^1] + 1];
        for (var i = 0; i < 12 && counts[(int)id] == 0; i++)
        {
            var result = SimulationRun.RunOne(SimulationRun.SeedOf(2, i), 30, new HashSet<FaultId> { id });
            result.Violations.ShouldBeEmpty();
            counts = [.. counts.Zip(result.Faults, (a, b) => a + b)];
        }

        counts[(int)id].ShouldBeGreaterThan(0);
        counts.Sum().ShouldBe(counts[(int)id]);
    }

    [Fact]
    public void Money_that_comes_from_nowhere_is_seen() =>
        Break(u => u.Chain.WalletOf(u.Nodes[0].Authority).Balance++).ShouldContain("I1");

    [Fact]
    public void A_job_that_left_its_end_is_seen() => Break(u =>
    {
        var paid = u.Database.Jobs.Values.First(j => j.State == JobStateNames.Paid);
        paid.State = JobStateNames.Matching;
    }).ShouldContain("I11");

    [Fact]
    public void Jobs_that_nothing_wakes_are_seen() => Break(u =>
    {
        void Forget()
        {
            u.Database.Outbox.Timers.Clear();
            u.Loop.After(TimeSpan.FromSeconds(0.1), Forget);
        }

        u.Nodes.ForEach(n => n.Die(TimeSpan.FromHours(1)));
        Forget();
    }).ShouldContain("I7");

    [Fact]
    public void An_effect_that_no_transition_committed_is_seen() => Break(u =>
        u.Broker.Enqueue("hypernode.jobs", new SimMessage(u.Random.NextGuid(), "Hypernode.Contracts.Events.NodeAssigned", "{}"))).ShouldContain("I8");

    [Fact]
    public void A_host_that_leaves_the_thread_is_seen()
    {
        var result = SimulationRun.RunOne(5, 5, mutate: u => Task.Run(() =>
        {
            try
            {
                u.Loop.AssertThread();
            }
            catch (InvalidOperationException)
            {
                // Whoever hides it.
            }
        }).GetAwaiter().GetResult());

        result.Violations.ShouldContain(v => v.Invariant == "thread");
    }

    /// <summary>Half way through a sound universe something is spoilt behind the product's back.</summary>
    private static IEnumerable<string> Break(Action<Universe> spoil) => SimulationRun
        .RunOne(5, 50, new HashSet<FaultId>(), mutate: u => u.Loop.After(TimeSpan.FromSeconds(40), () => spoil(u)))
        .Violations.Select(v => v.Invariant);
}

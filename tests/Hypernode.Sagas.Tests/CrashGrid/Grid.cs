using System.Collections.Concurrent;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Tests.Rig;

namespace Hypernode.Sagas.Tests.CrashGrid;

/// <summary>
/// Each transition × each point × once and twice. A story is run once without a crash, to know its end and its points; then
/// once for each point that no story before it has had.
/// </summary>
internal sealed class Grid(Func<TestStorage> newStorage, int lanes)
{
    private readonly ConcurrentDictionary<(string Placement, string Transition, CrashPoint Point), string> _covered = new();
    private int _points;
    private int _held;

    /// <summary>What did not hold: story, placement, transition, point, how often; and why.</summary>
    public ConcurrentQueue<string> Failures { get; } = new();

    public string Summary => $"{_held} of {_points} points";

    public int Points => _points;

    public IEnumerable<string> Transitions => _covered.Keys.Select(k => $"[{k.Placement}] {k.Transition}").Distinct().Order(StringComparer.Ordinal);

    public void Run()
    {
        // The stories' points are found one after the other, so that who covers what does not depend on the lanes.
        var recorded = new ConcurrentBag<(Story Story, Placement Placement, End End, List<Crash> Crashes)>();
        InLanes(Stories.All.SelectMany(s => Placement.All.Select(p => (Story: s, Placement: p))), (storage, one) =>
        {
            if (Record(storage, one.Story, one.Placement) is var (end, crashes) && end is not null)
            {
                recorded.Add((one.Story, one.Placement, end, crashes));
            }
        });

        var runs = recorded
            .OrderBy(r => Stories.All.ToList().IndexOf(r.Story))
            .SelectMany(r => r.Crashes.Select(c => (r.Story, r.Placement, r.End, Crash: c)))
            .Where(r => _covered.TryAdd((r.Placement.Name, r.Crash.Transition, r.Crash.Point), r.Story.Name))
            .SelectMany(r => new[] { 1, 2 }.Select(times => (r.Story, r.Placement, r.End, r.Crash, Times: times)))
            .ToList();
        _points = runs.Count;
        InLanes(runs, (storage, r) => Cut(storage, r.Story, r.Placement, r.End, r.Crash, r.Times));
    }

    private (End? End, List<Crash> Crashes) Record(TestStorage storage, Story story, Placement placement)
    {
        var recording = new Recording();
        using var world = new World(storage, story, placement.Options(storage), recording);
        try
        {
            world.Run();
            Check.Holds(storage, world);
            var end = End.Of(storage, world);
            end.State.ShouldBe(story.Ends);
            return (end, [.. recording.Points()]);
        }
        catch (Exception e)
        {
            Failures.Enqueue($"{story} [{placement.Name}], without a crash: {Clear(storage, world.Job, e)}");
            return (null, []);
        }
    }

    private void Cut(TestStorage storage, Story story, Placement placement, End end, Crash crash, int times)
    {
        if (Try(nothingLeft: false) is { } why && !(why == "" && (why = Try(nothingLeft: true)) is null))
        {
            Failures.Enqueue($"{story} [{placement.Name}], {crash.Transition}, {crash.Point} × {times} (call {crash.Call}): {why}");
        }
        else
        {
            Interlocked.Increment(ref _held);
        }

        // Null: it held; empty: the host that took over never came to such a point.
        string? Try(bool nothingLeft)
        {
            var crashing = new Crashing(crash, times == 2, nothingLeft);
            using var world = new World(storage, story, placement.Options(storage), crashing);
            crashing.World = world;
            try
            {
                world.Run();
                if (world.Deaths == 1 && times == 2 && !nothingLeft)
                {
                    return "";
                }

                world.Deaths.ShouldBe(times, "the point was not reached");
                Check.Holds(storage, world);
                Check.SameEnd(end, End.Of(storage, world));
                return null;
            }
            catch (Exception e)
            {
                return Clear(storage, world.Job, e);
            }
        }
    }

    /// <summary>The next run must not meet what this one left.</summary>
    private static string Clear(TestStorage storage, JobId job, Exception e)
    {
        storage.Execute($"delete from outbox where job_id = '{job}'");
        storage.Execute($"delete from timers where job_id = '{job}'");
        storage.Execute("update leases set live = false where live");
        return e.Message.ReplaceLineEndings(" ");
    }

    /// <summary>Each lane has a thread and a storage of its own: a job meets nobody else's rows.</summary>
    private void InLanes<T>(IEnumerable<T> items, Action<TestStorage, T> run)
    {
        var queue = new ConcurrentQueue<T>(items);
        var errors = new ConcurrentQueue<Exception>();
        var threads = Enumerable.Range(0, lanes).Select(_ => new Thread(() =>
        {
            try
            {
                using var storage = newStorage();
                while (queue.TryDequeue(out var item))
                {
                    run(storage, item);
                }
            }
            catch (Exception e)
            {
                errors.Enqueue(e);
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        errors.ShouldBeEmpty(string.Join("\n", errors));
    }
}

/// <summary>Where the workers are.</summary>
internal sealed record Placement(string Name, Func<bool, EngineOptions> Choose)
{
    public static IReadOnlyList<Placement> All { get; } =
    [
        // As shipped: workers beside the saga, pure steps fused. Jobs are not remembered, so each message has a load to die in.
        new("together", shared => new EngineOptions { CachedJobs = 0, OnlyHost = !shared }),

        // The chain's workers behind the broker; the pure steps beside the saga, each with a row of its own; jobs are remembered.
        new("apart", shared => new EngineOptions { Local = "VerifyIntent, MatchJob, VerifyResult", Fused = "", OnlyHost = !shared }),
    ];

    public EngineOptions Options(TestStorage storage) => Choose(storage.IsShared);
}

/// <summary>How a job ended: by its own row, and by the chain.</summary>
internal sealed record End(string State, string? Outcome, Settlement? Settlement, HyperAmount PaidOut, HyperAmount Returned, IReadOnlySet<string> Reached)
{
    public static End Of(TestStorage storage, World world)
    {
        var job = storage.Job(world.Job);
        return new(job.State, job.Outcome, job.Settlement, world.Chain.PaidOut, world.Chain.Returned, world.Reached);
    }
}

internal static class Check
{
    /// <summary>I1–I5, I7, I10, I11, and nothing left behind.</summary>
    public static void Holds(TestStorage storage, World world)
    {
        var (chain, job) = (world.Chain, storage.Job(world.Job));
        JobStateNames.IsTerminal(job.State).ShouldBeTrue(job.State);
        chain.Held.ShouldBe(HyperAmount.Zero, "I1: nothing stays locked");
        chain.Deposited.ShouldBe(chain.PaidOut + chain.Returned, "I1: what came in went out");
        chain.Landed.Count(c => c is LockEscrow).ShouldBeLessThanOrEqualTo(1, "one lock");
        chain.Landed.Count(c => c is SettlePayment or RefundPayment).ShouldBe(chain.Deposited == HyperAmount.Zero ? 0 : 1, "I2: one settlement");
        chain.Landed.OfType<AssignNode>().GroupBy(a => a.Attempt).ShouldAllBe(g => g.Count() == 1, "one assignment an attempt");
        world.Runs.ShouldBeUnique("an attempt is begun once");
        switch (job.State)
        {
            case JobStateNames.Paid:
                job.Settlement!.Charge.ShouldBe(chain.PaidOut);
                (job.Settlement.NodeShare + job.Settlement.ProtocolFee + job.Settlement.PlatformFee).ShouldBe(job.Settlement.Charge);
                job.Settlement.Refund.ShouldBe(chain.Returned);
                chain.Landed.OfType<SettlePayment>().Single().Attempt.ShouldBe(job.Attempt, "I3: the current attempt is paid");
                break;
            case JobStateNames.Refunded:
                chain.PaidOut.ShouldBe(HyperAmount.Zero, "I5: a full refund only if nothing was paid");
                job.Settlement!.Refund.ShouldBe(chain.Returned);
                break;
            default:
                chain.Deposited.ShouldBe(HyperAmount.Zero, "a rejected job has nothing locked");
                break;
        }

        storage.Outbox(world.Job).ShouldBeEmpty("the outbox is empty");
        storage.Query($"select kind from timers where job_id = '{world.Job}'").ShouldBeEmpty("I11: a job that has ended has no timer");
        storage.Query($"select slot from leases where job_id = '{world.Job}' and live").ShouldBeEmpty("I10: its slot is free");
        storage.Query($"select state from job_transitions where job_id = '{world.Job}' order by version, step")[^1].ShouldBe(job.State);
        storage.Query($"select state from job_transitions where job_id = '{world.Job}'").Count(JobStateNames.IsTerminal).ShouldBe(1, "it ended once");
    }

    /// <summary>As if nothing had happened: the same end, the same money, and every effect of the run without a crash at least once.</summary>
    public static void SameEnd(End expected, End actual)
    {
        (actual with { Reached = expected.Reached }).ShouldBe(expected);
        expected.Reached.Except(actual.Reached).ShouldBeEmpty("these effects never came about");
    }
}

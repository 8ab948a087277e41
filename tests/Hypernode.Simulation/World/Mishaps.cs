using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Topology;
using Hypernode.Sagas.Engine;
using Hypernode.Simulation.Faults;

namespace Hypernode.Simulation.World;

/// <summary>Faults that come from nowhere: outages, deaths, jumping clocks, garbage, operators.</summary>
internal sealed class Mishaps(Universe universe)
{
    private static readonly string[] Endpoints =
        [Queues.JobSaga, Queues.VerifyIntent, Queues.LockEscrow, Queues.MatchJob, Queues.AssignNode, Queues.VerifyResult, Queues.SettlePayment, Queues.RefundPayment];

    private readonly HashSet<Guid> _replayed = [];

    public void Begin()
    {
        Recur(FaultId.F01, 60, () => Crash("at a random moment"), counts: false);
        Recur(FaultId.F02, 60, () => Crash("at a random moment"), counts: false);
        Recur(FaultId.F09, 15, Poison, counts: false);
        Recur(FaultId.F10, 100, () => universe.Broker.Restart(universe.Random.Seconds(0.2, 12)));
        Recur(FaultId.F11, 100, () => universe.Broker.Block(universe.Random.Seconds(0.5, 15)), counts: false);
        Recur(FaultId.F12, 100, RestartDatabase);
        Recur(FaultId.F17, 70, () => universe.Random.Pick(universe.Nodes).Die(universe.Random.Seconds(1, 90)));
        Recur(FaultId.F18, 30, () => universe.Random.Pick(universe.Nodes).Freeze(universe.Random.Seconds(8, 70)), counts: false);
        Recur(FaultId.F19, 40, Impersonate, counts: false);
        Recur(FaultId.F20, 60, JumpClock);
        Recur(FaultId.F24, 150, LoseChain);
        Recur(FaultId.F26, 15, ReplayDeadLetter, counts: false);
    }

    private void Recur(FaultId id, double meanSeconds, Action strike, bool counts = true)
    {
        if (universe.Faults.NextAfter(id, meanSeconds) is not { } wait)
        {
            return;
        }

        universe.Loop.After(wait, () =>
        {
            if (!universe.Faults.Active)
            {
                return;
            }

            if (counts)
            {
                universe.Faults.Happened(id);
            }

            strike();
            Recur(id, meanSeconds, strike, counts);
        });
    }

    private void Crash(string why)
    {
        if (universe.Hosts.Where(h => h.Alive).ToList() is { Count: > 0 } alive)
        {
            universe.Random.Pick(alive).Crash(why);
        }
    }

    private void RestartDatabase()
    {
        universe.Trace.Add("database down");
        universe.DatabaseDown = true;
        universe.DatabaseEpoch++;
        universe.Hosts.ForEach(h => h.Parts.IngressDown());
        universe.Loop.After(universe.Random.Seconds(0.3, 15), () =>
        {
            universe.DatabaseDown = false;
            universe.Hosts.ForEach(h => h.Parts.IngressUp());
        });
    }

    private void LoseChain()
    {
        universe.ChainDown = true;
        universe.Loop.After(universe.Random.Seconds(1, 25), () => universe.ChainDown = false);
    }

    private void JumpClock()
    {
        var seconds = universe.Random.Seconds(-60, 60);
        if (universe.Random.Chance(0.6))
        {
            universe.Random.Pick(universe.Hosts).Clock.Offset = seconds;
        }
        else
        {
            universe.Random.Pick(universe.Nodes).ClockOffset = seconds;
        }
    }

    private void Impersonate()
    {
        if (universe.Nodes.Count > 1 && universe.Random.Pick(universe.Nodes) is var victim && victim.AnyRun() is { } run)
        {
            universe.Random.Pick(universe.Nodes.Where(n => n != victim).ToList()).Impersonate(new LeaseOfAnother(run));
        }
    }

    /// <summary>F09: what nobody can read, a job that nobody knows, and a node that talks nonsense.</summary>
    private void Poison()
    {
        var (random, broker) = (universe.Random, universe.Broker);
        if (broker.IsDown)
        {
            return;
        }

        universe.Faults.Happened(FaultId.F09);
        var id = random.NextGuid();
        var nobody = new JobId(random.NextGuid());
        if (random.Chance(0.3))
        {
            NodeMessage nonsense = random.Pick<NodeMessage>(
            [
                new LogChunks(null!),
                new Beat(0, null!),
                new AttemptReported(null!, null!),
                new AttemptDeclined(nobody, -1, null!, null!),
                new AttemptStarted(nobody, int.MaxValue, long.MinValue),
            ]);
            broker.Enqueue(Queues.NodesIngress, new SimMessage(id, "nonsense", "", universe.Poison, FromNode: nonsense, Sender: random.Pick(universe.Nodes).Id));
            return;
        }

        var message = random.Below(3) switch
        {
            0 => new SimMessage(id, "Hypernode.Contracts.Events.NoSuchEvent", "{}", universe.Poison),
            1 => new SimMessage(id, typeof(JobStarted).FullName!, "{\"jobId\":12", universe.Poison),
            _ => new SimMessage(id, typeof(CancelRequested).FullName!, ContractCodec.Serialize(new CancelRequested(nobody)), universe.Poison),
        };
        var queue = message.Type.EndsWith("CancelRequested", StringComparison.Ordinal) ? Queues.JobSaga : random.Pick(Endpoints);
        universe.Audit.Poisoned(id, queue);
        broker.Enqueue(queue, message);
    }

    /// <summary>F26: twice in a row, whatever it is.</summary>
    private void ReplayDeadLetter()
    {
        var letters = universe.Broker.DeadLetters.Where(d => !_replayed.Contains(d.Message.Id)).ToList();
        if (letters.Count == 0 || universe.Broker.IsDown)
        {
            return;
        }

        var letter = universe.Random.Pick(letters);
        _replayed.Add(letter.Message.Id);
        universe.Faults.Happened(FaultId.F26);
        universe.Broker.Replay(letter);
        universe.Loop.After(universe.Random.Seconds(0, 3), () => universe.Broker.Replay(letter));
    }
}

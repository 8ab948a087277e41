using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Tests.Rig;

namespace Hypernode.Sagas.Tests.CrashGrid;

internal enum CrashPoint
{
    /// <summary>The message is here; its job has not been read.</summary>
    BeforeLoad,

    /// <summary>The transaction is durable; the host does not know it yet (F01, F05).</summary>
    AfterCommit,

    /// <summary>All effects but the last are out (F03); of a single one: none is.</summary>
    BetweenEffects,

    /// <summary>The last effect is out; nothing says so (F02, F04).</summary>
    AfterPublish,

    /// <summary>All is done but the acknowledgement of the message that caused it.</summary>
    BeforeAck,
}

/// <param name="Call">The call of the run, by its number, in which the host dies.</param>
/// <param name="Before">Nothing of the call happens; else all of it, and the host never learns.</param>
internal sealed record Crash(string Transition, CrashPoint Point, int Call, Port Port, bool Before);

/// <summary>A run without a crash, call by call: where its transitions are, and so where each can be cut.</summary>
internal sealed class Recording : IWatch
{
    private readonly List<PortCall> _begun = [];

    /// <summary>How many calls had begun when this one was over.</summary>
    private readonly Dictionary<PortCall, int> _over = new(ReferenceEqualityComparer.Instance);

    public void Before(PortCall call) => _begun.Add(call);

    public void After(PortCall call) => _over[call] = _begun.Count;

    /// <summary>Every point of every transition of this run. A transition without effects has none of theirs, and one that no queue's message caused has nothing to acknowledge.</summary>
    public IEnumerable<Crash> Points()
    {
        var state = "Initial";
        var since = 0;
        for (var n = 0; n < _begun.Count; n++)
        {
            if (_begun[n] is not { Port: Port.Commit, Subject: Batch { Items: [{ Job: { } row } commit] } })
            {
                continue;
            }

            var why = row.Entered is [.., var last] ? last.Cause : "stays";
            var effects = commit.Outbox.Select(m => m.Type.Split('.')[^1]).ToList();
            var transition = $"{state} → {row.State} ({why}){(effects.Count > 0 ? $", sends {string.Join(", ", effects)}" : "")}";
            foreach (var (point, call, before) in PointsOf(n, since, commit))
            {
                yield return new Crash(transition, point, call, _begun[call].Port, before);
            }

            (state, since) = (row.State, n + 1);
        }
    }

    private IEnumerable<(CrashPoint Point, int Call, bool Before)> PointsOf(int n, int since, SagaCommit commit)
    {
        // A job that is remembered is not read: then it is cut where its message came from.
        if (Last(since, n, Port.Load) is { } load)
        {
            yield return (CrashPoint.BeforeLoad, load, true);
        }
        else if (Last(since, n, Port.Delivery, Port.Timers, Port.Worker) is { } source)
        {
            yield return (CrashPoint.BeforeLoad, source, _begun[source].Port == Port.Delivery);
        }

        yield return (CrashPoint.AfterCommit, n, false);
        if (Effects(n, commit) is { Count: > 0 } effects)
        {
            yield return (CrashPoint.BetweenEffects, effects[^1], true);
            yield return (CrashPoint.AfterPublish, effects[^1], false);
        }

        if (Enumerable.Range(0, n).Where(i => _begun[i].Port == Port.Delivery && Over(i) > n).Select(i => (int?)i).LastOrDefault() is { } message)
        {
            yield return (CrashPoint.BeforeAck, message, false);
        }
    }

    private int? Last(int from, int to, params Port[] ports) =>
        Enumerable.Range(from, to - from).Where(i => ports.Contains(_begun[i].Port)).Select(i => (int?)i).LastOrDefault();

    private int Over(int call) => _over.GetValueOrDefault(_begun[call], int.MaxValue);

    /// <summary>The calls that bring the commit's rows to a worker, a queue or a node, in the order in which they were made.</summary>
    private List<int> Effects(int n, SagaCommit commit)
    {
        var wanted = commit.Outbox.Select(m => m.Type).ToList();
        var found = new List<int>();
        for (var i = n + 1; i < _begun.Count && wanted.Count > 0; i++)
        {
            if (_begun[i] is { Port: Port.Worker or Port.Queue or Port.Node, Subject: { } message } && wanted.Remove(message.GetType().FullName!))
            {
                found.Add(i);
            }
        }

        return found;
    }
}

/// <summary>
/// Kills the host at one point; and the one that takes over as well, at the same point of whatever it does first. Where it
/// has nothing of that kind left to do, it dies when it looks for what was left.
/// </summary>
internal sealed class Crashing(Crash crash, bool twice, bool nothingLeft) : IWatch
{
    private int _calls;
    private PortCall? _at;

    public World? World { get; set; }

    public void Before(PortCall call)
    {
        var here = World!.Deaths switch
        {
            0 => _calls++ == crash.Call,
            1 => twice && IsAlike(call.Port),
            _ => false,
        };
        _at = here ? call : _at;
        if (here && crash.Before)
        {
            World.Kill();
        }
    }

    public void After(PortCall call)
    {
        if (ReferenceEquals(call, _at) && !crash.Before)
        {
            World!.Kill();
        }
    }

    private bool IsAlike(Port port) => nothingLeft ? port == Port.Relay
        : crash.Point is CrashPoint.BetweenEffects or CrashPoint.AfterPublish ? port is Port.Worker or Port.Queue or Port.Node
        : port == crash.Port;
}

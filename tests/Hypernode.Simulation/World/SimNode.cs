using System.Text;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Topology;
using Hypernode.Sagas.Engine;
using Hypernode.Simulation.Faults;

namespace Hypernode.Simulation.World;

/// <summary>How a node will treat a job, fixed when it takes it.</summary>
internal enum Conduct
{
    Honest,

    /// <summary>Says that it ran, but its receipt is not about what was ordered.</summary>
    Cheat,

    /// <summary>Its receipt is signed with a key that is not its own.</summary>
    Forger,
}

internal sealed class Run(ExecuteJob command, Conduct conduct)
{
    public ExecuteJob Command => command;

    public Conduct Conduct => conduct;

    public bool Started { get; set; }

    public bool Ended { get; set; }

    /// <summary>Its container has ended; the outputs are being collected until <see cref="Ended"/>.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    public int ExitCode { get; set; }

    public bool TimedOut { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public List<LogChunk> Log { get; } = [];

    public AttemptReported? Report { get; set; }
}

/// <summary>SIMULATED agent: journals, fences by attempt, beats, logs, signs; and dies, stalls, cheats and repeats itself.</summary>
internal sealed class SimNode
{
    private readonly Universe _universe;
    private readonly Dictionary<JobId, Run> _runs = [];
    private Subscription? _commands;
    private long _life;
    private DateTimeOffset _frozenUntil;

    public SimNode(Universe universe, NodeId id, WalletAddress key, WalletAddress authority, NodeOffer offer)
    {
        (_universe, Id, Key, Authority, Offer) = (universe, id, key, authority, offer);
    }

    public NodeId Id { get; }

    public WalletAddress Key { get; }

    public WalletAddress Authority { get; }

    public NodeOffer Offer { get; }

    public TimeSpan ClockOffset { get; set; }

    private DateTimeOffset Now => _universe.Loop.Now + ClockOffset;

    private bool IsFrozen => _frozenUntil > _universe.Loop.Now;

    private int Busy => _runs.Values.Count(r => !r.Ended);

    public void Start()
    {
        var life = ++_life;
        _commands = _universe.Broker.Subscribe(Queues.Node(Id), 16, () => life == _life && !IsFrozen, TakeAsync);
        // The journal brings back what ran; a container that died with its node reports that.
        foreach (var run in _runs.Values.Where(r => !r.Ended))
        {
            if (run.Started)
            {
                Later(_universe.Random.Seconds(0.1, 3), () => Finish(run, 137));
            }
            else
            {
                Begin(run);
            }
        }

        Beat(again: true);
    }

    /// <summary>F17: the machine is gone, for a while.</summary>
    public void Die(TimeSpan time)
    {
        _universe.Trace.Add("node dies", Id.Value);
        _life++;
        _universe.Broker.Disconnect(_commands!);
        var life = _life;
        _universe.Loop.After(time, () =>
        {
            if (life == _life)
            {
                Start();
            }
        });
    }

    /// <summary>F18: it stands still, and goes on later as if nothing had been.</summary>
    public void Freeze(TimeSpan time)
    {
        _universe.Trace.Add("node stalls", Id.Value);
        _frozenUntil = _universe.Loop.Now + time;
        _universe.Loop.After(time, _universe.Broker.PumpAll);
        if (Busy > 0)
        {
            _universe.Faults.Happened(FaultId.F18);
        }
    }

    public void Heal()
    {
        ClockOffset = TimeSpan.Zero;
        if (_commands is null || !_commands.Alive)
        {
            _frozenUntil = default;
            if (_commands is not null)
            {
                _universe.Broker.Disconnect(_commands);
            }

            Start();
        }
    }

    /// <summary>Somebody else's lease, under this node's own name and key: nobody may believe it (F19).</summary>
    public void Impersonate(LeaseOfAnother lease)
    {
        var receipt = lease.Run.Report?.Receipt ?? ReceiptOf(lease.Run, 0, lease.Run.StartedAt + TimeSpan.FromSeconds(1));
        var forged = receipt with { NodeId = Id };
        Mail(new AttemptReported(forged, HostEscrow.Sign(Key, forged.SigningBytes())));
        _universe.Faults.Happened(FaultId.F19);
    }

    public Run? AnyRun() => _runs.Values.FirstOrDefault(r => r is { Started: true, Ended: false });

    private Task TakeAsync(SimMessage message)
    {
        switch ((NodeCommand)ContractCodec.Deserialize(message.Type, message.Body))
        {
            case ExecuteJob execute:
                Take(execute);
                break;
            case StopJob stop when _runs.TryGetValue(stop.JobId, out var run) && run.Command.Attempt <= stop.Attempt && !run.Ended:
                _universe.Trace.Add("node stops", stop.JobId.Value, stop.Attempt);
                End(run, 143);
                break;
        }

        return Task.CompletedTask;
    }

    private void Take(ExecuteJob command)
    {
        if (_runs.TryGetValue(command.JobId, out var known) && known.Command.Attempt >= command.Attempt)
        {
            // Fenced. A repeat of the same attempt is answered with what there is to say of it.
            if (known.Command.Attempt == command.Attempt && known.Report is { } report)
            {
                Mail(report);
            }

            return;
        }

        if (Now.ToUnixTimeMilliseconds() > command.StartBy)
        {
            Mail(new AttemptDeclined(command.JobId, command.Attempt, "expired", "start_by is past"));
            return;
        }

        if (Busy >= Offer.Slots + 1)
        {
            Mail(new AttemptDeclined(command.JobId, command.Attempt, "no-capacity", "busy"));
            return;
        }

        if (_universe.Random.Chance(0.02))
        {
            Mail(new AttemptDeclined(command.JobId, command.Attempt, "inputs-unavailable", "a blob is missing"));
            return;
        }

        var conduct = _universe.Faults.Strike(FaultId.F19, 0.03) ? _universe.Random.Pick([Conduct.Cheat, Conduct.Forger]) : Conduct.Honest;
        var run = new Run(command, conduct);
        _runs[command.JobId] = run;
        _universe.Trace.Add("node takes", command.JobId.Value, command.Attempt);
        Begin(run);
    }

    private void Begin(Run run) => Later(_universe.Random.Seconds(0.1, 2), () =>
    {
        if (run.Ended)
        {
            return;
        }

        run.Started = true;
        run.StartedAt = Now;
        var command = run.Command;
        Mail(new AttemptStarted(command.JobId, command.Attempt, Now.ToUnixTimeMilliseconds()));
        Beat(again: false);
        Write(run, "agent", "started");
        var estimate = command.Spec.EstimatedTime;
        var truth = _universe.Truth.Of(command.JobId);
        var time = Math.Min(command.RunLimitMs / 1000.0, estimate * truth.Slowness);
        var timedOut = estimate * truth.Slowness > command.RunLimitMs / 1000.0;
        Later(TimeSpan.FromSeconds(time / 2), () => Write(run, "stdout", "working\n"));
        Later(TimeSpan.FromSeconds(time), () => End(run, timedOut ? 137 : truth.ExitCode, timedOut));
    });

    /// <summary>The container ends. Some leave much to collect: its node beats on meanwhile.</summary>
    private void End(Run run, int exitCode, bool timedOut = false)
    {
        if (run.Ended || run.EndedAt is not null)
        {
            return;
        }

        (run.EndedAt, run.ExitCode, run.TimedOut) = (Now, exitCode, timedOut);
        if (run.Started && _universe.Random.Chance(0.05))
        {
            Later(_universe.Random.Seconds(5, 60), () => Finish(run, exitCode));
        }
        else
        {
            Finish(run, exitCode);
        }
    }

    private void Finish(Run run, int exitCode)
    {
        if (run.Ended)
        {
            return;
        }

        run.Ended = true;
        if (!run.Started)
        {
            return; // stopped before it began: nobody waits for it
        }

        // A container that died with its node has no end of its own.
        exitCode = run.EndedAt is null ? exitCode : run.ExitCode;

        Write(run, "agent", "ended");
        Send(new Beat(Now.ToUnixTimeMilliseconds(), [BeatOf(run)]));
        var receipt = ReceiptOf(run, exitCode, run.EndedAt ?? Now) with { TimedOut = run.TimedOut };
        run.Report = run.Conduct switch
        {
            Conduct.Cheat => Signed(receipt with { Challenge = Hash256.Of(Encoding.UTF8.GetBytes("guessed")), LogRoot = Hash256.Of("invented"u8) }),
            Conduct.Forger => new AttemptReported(receipt, HostEscrow.Sign(Authority, receipt.SigningBytes())),
            _ => Signed(receipt),
        };
        if (run.Conduct == Conduct.Honest)
        {
            _universe.Truth.Delivered(run.Command.JobId, run.Command.Attempt, receipt.Hash(), exitCode);
        }

        Mail(run.Report);
        if (_universe.Faults.Strike(FaultId.F19, 0.03))
        {
            // Doubled: the same once more, or a second one that says something better.
            var better = receipt with { EndedAt = receipt.EndedAt + 60_000, ExitCode = 0, TimedOut = false };
            if (exitCode == 0)
            {
                // The run was, whatever the first receipt said. A minute too much: it costs the node points and earns it nothing, for we bill no more than we saw.
                _universe.Truth.Delivered(run.Command.JobId, run.Command.Attempt, better.Hash(), 0);
            }

            var second = _universe.Random.Chance(0.5) ? run.Report : Signed(better);
            Later(_universe.Random.Seconds(0, 5), () => Mail(second));
        }
    }

    private AttemptReported Signed(Receipt receipt) => new(receipt, HostEscrow.Sign(Key, receipt.SigningBytes()));

    private Receipt ReceiptOf(Run run, int exitCode, DateTimeOffset endedAt)
    {
        var c = run.Command;
        return new Receipt(
            c.JobId,
            c.IntentId,
            Id,
            c.Attempt,
            c.LeaseEpoch,
            c.SpecHash,
            c.Spec.Image,
            Receipt.RootOf(c.Spec.Inputs ?? []),
            c.Challenge,
            run.StartedAt.ToUnixTimeMilliseconds(),
            endedAt.ToUnixTimeMilliseconds(),
            exitCode,
            TimedOut: false,
            OutOfMemory: false,
            run.Log.Count == 0 ? Hash256.Zero : run.Log[^1].Hash,
            run.Log.Count,
            Receipt.RootOf(Array.Empty<Artifact>()),
            [],
            [],
            0,
            0,
            Receipt.MarkerOf(c.Challenge, c.JobId, c.Attempt, exitCode),
            Hash256.Zero);
    }

    private void Write(Run run, string stream, string text)
    {
        if (run.Report is not null)
        {
            return;
        }

        var data = Encoding.UTF8.GetBytes(text);
        var (seq, at) = (run.Log.Count, Now.ToUnixTimeMilliseconds());
        var previous = seq == 0 ? Hash256.Zero : run.Log[^1].Hash;
        var chunk = new LogChunk(run.Command.JobId, run.Command.Attempt, seq, stream, at, data, LogChunk.ChainHash(previous, seq, stream, at, data));
        run.Log.Add(chunk);
        Mail(new LogChunks([chunk]));
    }

    private void Beat(bool again)
    {
        var leases = _runs.Values.Where(r => r is { Started: true, Ended: false }).Select(BeatOf).ToList();
        Send(new Beat(Now.ToUnixTimeMilliseconds(), leases));
        if (again)
        {
            Later(TimeSpan.FromSeconds(leases.Count > 0 ? 3 : 10), () => Beat(again: true));
        }
    }

    private static LeaseBeat BeatOf(Run run) => new(run.Command.JobId, run.Command.Attempt, run.Log.Count, run.EndedAt is not null || run.Ended);

    /// <summary>Kept until the control plane has it: tried again while the broker is away, and after a restart of this node.</summary>
    private void Mail(NodeMessage message)
    {
        var id = _universe.Random.NextGuid();
        void Try()
        {
            if (_universe.Broker.IsDown || IsFrozen)
            {
                _universe.Loop.After(_universe.Random.Seconds(0.5, 3), Try);
                return;
            }

            Enqueue(id, message);
        }

        _universe.Loop.After(_universe.Random.Latency(1, 30), Try);
    }

    /// <summary>Not kept: the next beat says the same.</summary>
    private void Send(NodeMessage message)
    {
        if (!_universe.Broker.IsDown && !IsFrozen)
        {
            Enqueue(_universe.Random.NextGuid(), message);
        }
    }

    private void Enqueue(Guid id, NodeMessage message) =>
        _universe.Broker.Enqueue(Queues.NodesIngress, new SimMessage(id, message.GetType().Name, "", FromNode: message, Sender: Id));

    /// <summary>Later, in this life of the node; a node that stands still does it when it goes on.</summary>
    private void Later(TimeSpan delay, Action action)
    {
        var life = _life;
        _universe.Loop.After(delay, () =>
        {
            if (life != _life)
            {
                return;
            }

            if (IsFrozen)
            {
                Later(_frozenUntil - _universe.Loop.Now + TimeSpan.FromMilliseconds(1), action);
            }
            else
            {
                action();
            }
        });
    }
}

internal sealed record LeaseOfAnother(Run Run);

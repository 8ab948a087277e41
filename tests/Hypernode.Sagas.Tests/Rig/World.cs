using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Delivery;
using Hypernode.Sagas.Engine;
using Hypernode.Workers;
using Hypernode.Workers.Escrow;
using Hypernode.Workers.Settlement;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Sagas.Tests.Rig;

/// <summary>
/// One job's whole life: a payer, nodes, a chain and a broker around one host at a time. All of them outlive the host; when
/// it dies, the next one is built on what is stored, and what was not acknowledged is delivered again.
/// </summary>
internal sealed class World : IWatch, IOutboxDispatcher, IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);
    private readonly TestStorage _storage;
    private readonly Story _story;
    private readonly EngineOptions _options;
    private readonly WorkflowWindows _windows;
    private readonly IReadOnlyList<NodeRegistration> _nodes;
    private readonly HashSet<int> _begun = [];
    private readonly List<IHostedWorker> _workers;
    private readonly IWatch _plan;
    private bool _cancels;
    private bool _cancelled;
    private int _checks;
    private bool _collided;
    private int _judgements;
    private EngineHost? _looked;
    private DateTimeOffset _swept;
    private EngineHost? _host;

    /// <param name="plan">Sees every call of every host, and may throw <see cref="HostDiedException"/>.</param>
    public World(TestStorage storage, Story story, EngineOptions options, IWatch plan)
    {
        (_storage, _story, _options, _plan) = (storage, story, options, plan);
        _windows = new WorkflowWindows { MaxAttempts = story.MaxAttempts, VerificationSeconds = 30, StartPatienceSeconds = 90 };
        Chain = new SimulatedEscrow(Time, _windows);
        story.Chain(Chain);
        _nodes = storage.Nodes;
        Submission = Given.Submission(Time.Now, story.SettleWithin);
        _workers = [.. Workers()];
    }

    public VirtualTime Time { get; } = new();

    public SimulatedEscrow Chain { get; }

    public Broker Broker { get; } = new();

    public JobSubmission Submission { get; }

    public JobId Job => Submission.Intent.JobId;

    /// <summary>The job's state, as its last commit left it.</summary>
    public string State { get; private set; } = JobStateNames.Initial;

    /// <summary>Effects that reached their worker or node, by command and attempt.</summary>
    public HashSet<string> Reached { get; } = [];

    /// <summary>Attempts that a node began: an agent begins each once, however often it is told.</summary>
    public List<int> Runs { get; } = [];

    public int Deaths { get; private set; }

    /// <summary>From the submission until the job has ended and nothing is on its way.</summary>
    public void Run()
    {
        Submit();
        for (var turns = 0; turns < 2_000; turns++)
        {
            var host = Host();
            if (Deliver(host))
            {
                continue;
            }

            var over = JobStateNames.IsTerminal(State) && _storage.Outbox(Job).Count == 0;
            if (over && ReferenceEquals(host, _looked))
            {
                return; // and the host that is there now has looked, and found nothing to do
            }

            Time.Pass(Step);
            Guard(host, host.Turn);
            _looked = over ? host : null;
        }

        throw new InvalidOperationException($"{Job} still {State} at {Time.Now:T}, outbox: {string.Join(", ", _storage.Outbox(Job))}");
    }

    public void Before(PortCall call)
    {
        ThrowIfDead();
        _plan.Before(call);
    }

    public void After(PortCall call)
    {
        switch (call)
        {
            case { Port: Port.Commit, Subject: Batch batch }:
                State = batch.Items.Select(i => i.Job?.State).LastOrDefault(s => s is not null) is null ? State : _storage.Saga(Job).State;
                break;
            case { Port: Port.Worker or Port.Node, Subject: { } message }:
                Reached.Add(NameOf(message));
                break;
        }

        _plan.After(call);
    }

    /// <summary>The intake tells the host of a new job's first message.</summary>
    public Task DispatchAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken)
    {
        if (_story.CancelIn == JobStateNames.Initial)
        {
            return Task.CompletedTask; // lost on its way: the cancellation overtakes it
        }

        var host = Host();
        Guard(host, () => host.Do(() => host.Get<OutboxDispatcher>().DispatchAsync(messages, cancellationToken)));
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _host?.Dispose();
        if (_collided)
        {
            _storage.Execute("update leases set live = false where live"); // the other job's
        }
    }

    private static string NameOf(object message) => message switch
    {
        IAttemptMessage m => $"{message.GetType().Name} {m.Attempt}",
        ExecuteJob m => $"ExecuteJob {m.Attempt}",
        StopJob m => $"StopJob {m.Attempt}",
        MatchJob m => $"MatchJob {m.Attempt}",
        AssignNode m => $"AssignNode {m.Attempt}",
        _ => message.GetType().Name,
    };

    /// <summary>The payer's request: one that got no answer is made again, and meets its own rows.</summary>
    private void Submit()
    {
        _storage.Dispatcher.Target = this;
        var intake = _storage.Get<IJobIntake>();
        intake.SubmitAsync(Submission, CancellationToken.None).GetAwaiter().GetResult().ShouldBe(IntakeResult.Accepted);
        intake.SubmitAsync(Submission, CancellationToken.None).GetAwaiter().GetResult().ShouldBe(IntakeResult.Repeated);
    }

    private EngineHost Host()
    {
        if (_host is { IsDead: false })
        {
            return _host;
        }

        _host?.Dispose();
        _host = new EngineHost(
            new Ports(_storage.Get<ISagaJournal>(), _storage.Get<IOutbox>(), Broker, Broker, this), Time, _options, _windows, _workers);
        return _host;
    }

    private void ThrowIfDead()
    {
        if (_host is { IsDead: true })
        {
            throw new HostDiedException();
        }
    }

    private void Guard(EngineHost host, Action action)
    {
        try
        {
            action();
        }
        catch (HostDiedException)
        {
            // Its caller will never hear.
        }
    }

    public void Kill()
    {
        Deaths++;
        _host!.Die();
        throw new HostDiedException();
    }

    /// <summary>One message, if there is any: the payer first, then what the broker holds. Acknowledged only by a living host.</summary>
    private bool Deliver(EngineHost host)
    {
        if (!_cancelled && (_cancels || _story.CancelIn == State))
        {
            _cancels = true; // and goes on to, until it is answered
            Take(host, new CancelRequested(Job), () => _cancelled = true);
            return true;
        }

        if (Broker.Queue.First is { } letter)
        {
            if (Contracts.Topology.Queues.Commands.ContainsKey(letter.Value.Message.GetType()))
            {
                WorkElsewhere(letter.Value);
                Broker.Queue.Remove(letter);
            }
            else
            {
                Take(host, (IJobMessage)letter.Value.Message, () => Broker.Queue.Remove(letter), letter.Value);
            }

            return true;
        }

        if (Broker.ForNodes.First is { } command)
        {
            Broker.ForNodes.RemoveFirst();
            Obey(command.Value);
            return true;
        }

        if (Broker.FromNodes.First is { } news)
        {
            Take(host, news.Value, () => Broker.FromNodes.Remove(news));
            return true;
        }

        return Silence(host);
    }

    /// <summary>As a queue's consumer or an ingress does: acknowledged when the engine has returned.</summary>
    private void Take(EngineHost host, IJobMessage message, Action acknowledge, Letter? letter = null) => Guard(host, () => host.Do(async () =>
    {
        var call = new PortCall(Port.Delivery, message);
        Before(call);
        await (letter is null
            ? host.Get<IMessageSender>().SendAsync(message, CancellationToken.None)
            : host.Engine.HandleAsync(letter.Id, letter.Cause, message, CancellationToken.None));
        After(call);
        acknowledge();
    }));

    /// <summary>A worker of another process, as its queue's consumer runs it: what it can't answer is parked, and the saga asks anew.</summary>
    private void WorkElsewhere(Letter letter)
    {
        try
        {
            var worker = _workers.Single(w => w.Command == letter.Message.GetType());
            var answer = worker.HandleAsync(letter.Message, CancellationToken.None).GetAwaiter().GetResult();
            Reached.Add(NameOf(letter.Message));
            Broker.Publish(new Letter(Answers.IdOf(letter.Id), letter.Id, answer));
        }
        catch (AnswerUnknownException)
        {
        }
    }

    /// <summary>An agent: each attempt begins once, a stopped one ends.</summary>
    private void Obey(NodeCommand command)
    {
        if (command is not ExecuteJob execute || !_begun.Add(execute.Attempt))
        {
            return;
        }

        Runs.Add(execute.Attempt);
        switch (_story.Node(execute.Attempt))
        {
            case NodeAct.Declines:
                Broker.FromNode(new JobDeclined(Job, execute.Attempt, execute.NodeId, "busy", ""));
                break;
            case NodeAct.FallsSilent or NodeAct.Hangs:
                Broker.FromNode(new JobStarted(Job, execute.Attempt, execute.NodeId));
                break;
            case NodeAct.StartsAndDeclines:
                Broker.FromNode(new JobStarted(Job, execute.Attempt, execute.NodeId));
                Broker.FromNode(new JobDeclined(Job, execute.Attempt, execute.NodeId, "lost", ""));
                break;
            case NodeAct.OnlyEnds:
                Broker.FromNode(new JobExecuted(Job, execute.Attempt, execute.NodeId, Contracts.Text.Hash256.Zero, 0));
                break;
            case NodeAct.Runs:
                Broker.FromNode(new JobStarted(Job, execute.Attempt, execute.NodeId));
                Broker.FromNode(new JobExecuted(Job, execute.Attempt, execute.NodeId, Contracts.Text.Hash256.Zero, 0));
                break;
        }
    }

    /// <summary>The heartbeat sweep: it says so again until the lease is gone.</summary>
    private bool Silence(EngineHost host)
    {
        var act = Runs.Count > 0 ? _story.Node(Runs[^1]) : NodeAct.Runs;
        if (!(act is NodeAct.FallsSilent && State == JobStateNames.Executing) && !(act is NodeAct.DiesAtOnce && State == JobStateNames.Assigned))
        {
            return false;
        }

        if (_swept == Time.Now)
        {
            return false;
        }

        _swept = Time.Now;
        Take(host, new NodeSilent(Job, Runs[^1], _nodes[Runs[^1] - 1].NodeId), () => { });
        return true;
    }

    private IEnumerable<IHostedWorker> Workers()
    {
        yield return new StepWorker<VerifyIntent>(_ => Verified()).Hosted();
        yield return new HostedWorker<LockEscrow>(new EscrowLocker(Chain, Clock(), NullLogger<EscrowLocker>.Instance));
        yield return new StepWorker<MatchJob>(Match).Hosted();
        yield return new HostedWorker<AssignNode>(new NodeAssigner(Chain, NullLogger<NodeAssigner>.Instance));
        yield return new StepWorker<VerifyResult>(Judge).Hosted();
        yield return new HostedWorker<SettlePayment>(new PaymentSettler(Chain, NullLogger<PaymentSettler>.Instance));
        yield return new HostedWorker<RefundPayment>(new PaymentRefunder(Chain, NullLogger<PaymentRefunder>.Instance));
    }

    private HostTime Clock() => new(Time);

    private object Judge(VerifyResult command) => _judgements++ < _story.OracleStumbles
        ? throw new AnswerUnknownException("no evidence now")
        : Given.VerdictOf(Job, command.Attempt, command.Cancelled ? Verdict.Cancelled : _story.Verdict(command.Attempt));

    private object Verified()
    {
        if (_checks++ < _story.VerifierStumbles)
        {
            throw new AnswerUnknownException("the chain can't be asked now");
        }

        return _story.IntentHolds ? new IntentVerified(Job) : new IntentVerificationFailed(Job, "balance-too-small", "");
    }

    private object Match(MatchJob command)
    {
        var free = _nodes.FirstOrDefault(n => !command.Excluded.Contains(n.NodeId));
        if (_story.NoNodes || free is null)
        {
            return new NodeMatchFailed(Job, command.Attempt, "no nodes");
        }

        if (_story.SlotIsTaken && !_collided)
        {
            _collided = true;
            Occupy(free);
        }
        else if (_story.SlotIsTaken && command.Attempt == 1)
        {
            free = _nodes[1];
        }

        return Given.MatchOf(Job, command.Attempt, free);
    }

    /// <summary>Another job takes the slot, between the match and its commit.</summary>
    private void Occupy(NodeRegistration node)
    {
        var other = Given.Submission(Time.Now);
        var id = other.Intent.JobId;
        _storage.Dispatcher.Target = null;
        _storage.Get<IJobIntake>().SubmitAsync(other, CancellationToken.None).GetAwaiter().GetResult();
        _storage.Execute($"delete from outbox where job_id = '{id}'");
        _storage.Execute($"delete from timers where job_id = '{id}'");
        var lease = new LeaseChange(id, true, 1, node.NodeId, 0, Contracts.Text.Hash256.Zero.ToString(), node.Offer.PricePerSecond);
        var row = new JobRow(id, JobStateNames.Assigned, 0, "{}", [new(JobStateNames.Assigned, "other", 1)], 1, node.NodeId, null, null, null, null, null, null, []);
        _storage.Get<ISagaJournal>().CommitAsync([new SagaCommit(Guid.NewGuid(), [], Time.Now, row, [], [], lease)], [], CancellationToken.None)
            .GetAwaiter().GetResult().ShouldBe([CommitResult.Committed]);
    }
}

/// <summary>The process is gone: whoever waits for it never hears.</summary>
internal sealed class HostDiedException : Exception;

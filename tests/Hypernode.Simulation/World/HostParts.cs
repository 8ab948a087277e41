using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Topology;
using Hypernode.Sagas.Delivery;
using Hypernode.Sagas.Engine;
using Hypernode.Simulation.Faults;
using Hypernode.Workers.Escrow;
using Hypernode.Workers.Intents;
using Hypernode.Workers.Matching;
using Hypernode.Workers.Nodes;
using Hypernode.Workers.Settlement;
using Hypernode.Workers.Verification;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Hypernode.Simulation.World;

/// <summary>The product's parts in one host, composed as the server program does it, on this world's ports.</summary>
internal sealed class HostParts
{
    private readonly Universe _universe;
    private readonly SimHost _host;
    private readonly HostBroker _broker;
    private readonly HostEscrow _escrow;
    private readonly Dictionary<string, IHostedWorker> _workers;
    private readonly OutboxDispatcher _dispatcher;
    private readonly OutboxRelay _relay;
    private readonly JobEngine _engine;
    private readonly NodeIngress _ingress;
    private readonly IngressClock _ingressClock = new();
    private readonly HeartbeatSweep _heartbeats;
    private readonly ExpirySweep _expiries;

    private HostParts(Universe universe, SimHost host)
    {
        (_universe, _host) = (universe, host);
        var (time, windows, options) = (host.Clock, Options.Create(universe.Windows), Options.Create(universe.EngineOptionsOf(host)));
        Storage = new HostStorage(universe, host);
        _broker = new HostBroker(universe, host);
        _escrow = new HostEscrow(universe, host);
        var capacity = new NodeCapacity(Storage, time, TaskCreationOptions.None);
        var holders = new LeaseHolders(Storage, time);
        var hosted = host.Roles.HasFlag(HostRoles.Workers) ? Hosted(windows, capacity) : [];
        _workers = hosted.ToDictionary(w => Queues.Commands[w.Command]);

        var me = new EngineIdentity(host.Name);
        var isSagaHere = host.Roles.HasFlag(HostRoles.Sagas);
        var placement = new WorkerTable(hosted, options);
        var commits = new CommitLoop(Storage, host, time, options);
        JobEngine engine = null!;
        var local = new LocalWork(placement, new Lazy<JobEngine>(() => engine), host, time, options, NullLogger<LocalWork>.Instance);
        _dispatcher = new OutboxDispatcher(
            placement, local, new SagaPlacement(isSagaHere), _broker, _broker, commits, host, NullLogger<OutboxDispatcher>.Instance);
        engine = new JobEngine(
            new JobStore(Storage, host, options), commits, universe.Machine, placement, _dispatcher, [capacity, holders], me, host, host, time, options, NullLogger<JobEngine>.Instance);
        _engine = engine;
        _relay = new OutboxRelay(Storage, _dispatcher, local, commits, me, options, windows, time, _ingressClock);
        Sender = isSagaHere ? new DirectSender(engine, host) : new DurableSender(Storage, _dispatcher, me, host, time, options);
        _ingress = new NodeIngress(Storage, holders, new RevokedNodes(Storage, time, TaskCreationOptions.None), Storage, _escrow, Sender, time, NullLogger<NodeIngress>.Instance, TaskCreationOptions.None);
        _heartbeats = new HeartbeatSweep(Storage, Storage, Sender, _ingressClock, windows, NullLogger<HeartbeatSweep>.Instance);
        _expiries = new ExpirySweep(_escrow, Storage, windows, NullLogger<ExpirySweep>.Instance);
    }

    public HostStorage Storage { get; }

    public IMessageSender Sender { get; }

    public static HostParts Compose(Universe universe, SimHost host) => new(universe, host);

    /// <summary>After a while of starting up: consumers, and the work that Quartz repeats.</summary>
    public void Begin() => _host.Later(_universe.Random.Seconds(0.05, 1), () =>
    {
        if (_host.Roles.HasFlag(HostRoles.Sagas))
        {
            Consume(Queues.JobSaga, m => _engine.HandleAsync(m.Id, m.Command, (IJobMessage)ContractCodec.Deserialize(m.Type, m.Body), CancellationToken.None));
            Repeat(1, () => _relay.FireTimersAsync(CancellationToken.None));
            Repeat(1, () => _relay.RelayAsync(CancellationToken.None));
            if (_universe.InboxRetention is { } retention)
            {
                Repeat(10, () => Storage.ForgetInboxAsync(_host.Clock.GetUtcNow() - retention, 1_000, CancellationToken.None));
            }
        }

        foreach (var (queue, worker) in _workers)
        {
            Consume(queue, m => WorkAsync(worker, m));
        }

        if (_host.Roles.HasFlag(HostRoles.Workers))
        {
            Subscribe(Queues.NodesIngress, 256, AcceptAsync);
            Repeat(3, () => _heartbeats.RunOnceAsync(_host.Clock.GetUtcNow(), CancellationToken.None));
            Repeat(10, () => _expiries.RunOnceAsync(_host.Clock.GetUtcNow(), CancellationToken.None));
        }
    });

    /// <summary>The API's way in.</summary>
    public async Task<IntakeResult> SubmitAsync(JobSubmission submission)
    {
        var first = HostStorage.FirstMessage(submission, _host.NewId()) with { TakenUntil = submission.At + TimeSpan.FromSeconds(10) };
        var result = await Storage.SubmitAsync(submission, first);
        if (result == IntakeResult.Accepted)
        {
            await _dispatcher.DispatchAsync([first], CancellationToken.None);
        }

        return result;
    }

    public void IngressDown() => _ingressClock.Down();

    public void IngressUp() => _ingressClock.Up(_host.Clock.GetUtcNow());

    private List<IHostedWorker> Hosted(IOptions<WorkflowWindows> windows, NodeCapacity capacity)
    {
        var time = _host.Clock;
        return
        [
            new HostedWorker<VerifyIntent>(new IntentVerifier(_escrow, time, NullLogger<IntentVerifier>.Instance)),
            new HostedWorker<LockEscrow>(new EscrowLocker(_escrow, time, NullLogger<EscrowLocker>.Instance)),
            new HostedWorker<MatchJob>(new JobMatcher(capacity, _host, windows, time, NullLogger<JobMatcher>.Instance)),
            new HostedWorker<AssignNode>(new NodeAssigner(_escrow, NullLogger<NodeAssigner>.Instance)),
            new HostedWorker<VerifyResult>(new ResultVerifier(Storage, Storage, Storage, _escrow, time, NullLogger<ResultVerifier>.Instance)),
            new HostedWorker<SettlePayment>(new PaymentSettler(_escrow, NullLogger<PaymentSettler>.Instance)),
            new HostedWorker<RefundPayment>(new PaymentRefunder(_escrow, NullLogger<PaymentRefunder>.Instance)),
        ];
    }

    private async Task WorkAsync(IHostedWorker worker, SimMessage message)
    {
        var answer = (IJobMessage)await worker.HandleAsync(ContractCodec.Deserialize(message.Type, message.Body), CancellationToken.None);
        await _broker.PublishAsync(Queues.JobSaga, new SimMessage(
            Answers.IdOf(message.Id), answer.GetType().FullName!, ContractCodec.Serialize(answer), message.Id, answer.JobId));
    }

    /// <summary>As the node ingress does: tried in place while the storage is away, so that an honest receipt is no dead letter.</summary>
    private async Task AcceptAsync(SimMessage message)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await _ingress.AcceptAsync(message.Sender!.Value, message.FromNode!, CancellationToken.None);
                return;
            }
            catch (Exception e) when (e is not HarnessException && tries < 20)
            {
                await _host.PauseAsync(TimeSpan.FromSeconds(Math.Min(5, 0.25 * tries)));
            }
        }
    }

    /// <summary>An endpoint with a few tries in place before a message goes back to the broker.</summary>
    private void Consume(string queue, Func<SimMessage, Task> handle) => Subscribe(queue, 64, async message =>
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await handle(message);
                return;
            }
            catch (Exception e) when (e is not HarnessException && tries < 3 && message.Command != _universe.Poison)
            {
                await _host.PauseAsync(TimeSpan.FromSeconds(0.25 * tries));
            }
        }
    });

    private void Subscribe(string queue, int prefetch, Func<SimMessage, Task> handle)
    {
        var life = _host.Life;
        _universe.Broker.Subscribe(queue, prefetch, () => _host.Alive && _host.Life == life, handle, _host);
    }

    /// <summary>Never twice at once on one host; a turn that fails does not end the schedule. Quartz may be late, or miss turns (F21).</summary>
    private void Repeat(double seconds, Func<Task> work) =>
        _host.Later(_universe.Random.Seconds(0, seconds), () => _host.Watch(TurnAsync(seconds, work)));

    private async Task TurnAsync(double seconds, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is not HarnessException)
        {
            // The next turn does it.
        }

        var late = _universe.Faults.Strike(FaultId.F21, 0.002) ? _universe.Random.Seconds(2, 20) : TimeSpan.Zero;
        _host.Later(TimeSpan.FromSeconds(seconds) + late, () => _host.Watch(TurnAsync(seconds, work)));
    }
}

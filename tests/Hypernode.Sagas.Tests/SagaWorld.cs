using System.Text.Json;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Timers;
using Hypernode.Contracts.Topology;
using Hypernode.Sagas.Delivery;
using Hypernode.Sagas.Engine;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Tests;

/// <summary>The real machine on the real repository, hosted by MassTransit in memory, over a journal in memory; time stands still unless told.</summary>
internal sealed class SagaWorld : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly SteppedTime _time = new();
    private int _reached;

    private SagaWorld(WorkflowWindows windows, Action<IServiceCollection>? more)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<TimeProvider>(_time);
        services.AddSingleton<IIdSource>(new RandomIds());
        services.AddSingleton<ISagaJournal>(Journal);
        services.AddSingleton<IQueueSender>(Journal);
        services.AddSingleton<INodeCommandSender>(Journal);
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddHypernodeEngine(sagas: true);
        services.AddSingleton(Options.Create(new EngineOptions()));
        services.AddSingleton(Options.Create(windows));
        more?.Invoke(services);
        services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.AddHypernodeSagas();
            bus.UsingInMemory((context, cfg) => cfg.ReceiveEndpoint(Queues.JobSaga, e => e.ConfigureJobSaga(context)));
        });
        _services = services.BuildServiceProvider();
    }

    public FakeJournal Journal { get; } = new();

    public JobId Job { get; } = new(Guid.NewGuid());

    public NodeId Node { get; } = new(Guid.NewGuid());

    public string State => Journal.Row(Job).State;

    public JobState Saga => JsonSerializer.Deserialize<JobState>(Journal.Row(Job).Body, ContractJson.Options)!;

    public JobEngine Engine => _services.GetRequiredService<JobEngine>();

    public static async Task<SagaWorld> StartAsync(WorkflowWindows? windows = null, Action<IServiceCollection>? more = null)
    {
        var world = new SagaWorld(windows ?? new WorkflowWindows(), more);
        world.Journal.Accept(world.Job);
        await world._services.GetRequiredService<IBusControl>().StartAsync();
        return world;
    }

    public void Pass(TimeSpan time) => _time.Pass(time);

    /// <summary>Sends a message to the saga and waits until it is committed, ignored or refused.</summary>
    public async Task RaiseAsync(object message, Guid? id = null)
    {
        var messageId = id ?? Guid.NewGuid();
        var bus = _services.GetRequiredService<IBus>();
        var endpoint = await bus.GetSendEndpoint(new Uri($"exchange:{Queues.JobSaga}"));
        await endpoint.Send(message, message.GetType(), Pipe.Execute<SendContext>(c => c.MessageId = messageId));
        await UntilAsync(() => Journal.HasSeen(messageId), $"{message} is handled");
    }

    public async Task UntilAsync(Func<bool> condition, string what = "the condition holds")
    {
        var deadline = DateTime.UtcNow.AddSeconds(10);
        while (!condition())
        {
            (DateTime.UtcNow < deadline).ShouldBeTrue($"waited until {what}");
            await Task.Yield();
        }
    }

    /// <summary>The last message of this kind that the saga sent.</summary>
    public T Sent<T>() => Journal.Sent.OfType<T>().Last();

    public ITimeout Due(TimerKind kind)
    {
        var epoch = Saga.Armed[kind];
        return kind switch
        {
            TimerKind.Step => new StepOverdue(Job, epoch),
            TimerKind.Match => new MatchDue(Job, epoch),
            TimerKind.Lease => new LeaseExpired(Job, epoch),
            _ => new JobExpired(Job, epoch),
        };
    }

    public JobSubmitted Submitted() => new(Job, Intent(), new PayerSignature("signature"), Spec, Spec.Hash(), Now.AddHours(2).ToUnixTimeSeconds(), Hash256.Zero);

    public NodeMatched Matched(int attempt = 1, NodeId? node = null) => new(
        Job, attempt, node ?? Node, default, default, 0, new HyperAmount(10), Hash256.Of([1]));

    public ResultVerified Verdict(Verdict verdict, int attempt = 1) => new(
        Job, attempt, verdict, 10_000, new HyperAmount(70), Hash256.Of([2]), Hash256.Of([3]), "");

    public PaymentSettled Settled() => new(Job, "paid-sig", new(70), new(60), new(7), new(3), new(30));

    /// <summary>Drives a job to a state of the happy path.</summary>
    public async Task ReachAsync(string state)
    {
        (string At, object Event)[] path =
        [
            (JobStateNames.Submitted, Submitted()),
            (JobStateNames.EscrowPending, new IntentVerified(Job)),
            (JobStateNames.Matching, new EscrowLocked(Job, "lock-sig", default)),
            (JobStateNames.Assigned, Matched()),
            (JobStateNames.Assigned, new NodeAssigned(Job, 1, "assign-sig")),
            (JobStateNames.Executing, new JobStarted(Job, 1, Node)),
            (JobStateNames.Executed, new JobExecuted(Job, 1, Node, Hash256.Zero, 0)),
            (JobStateNames.SettlementPending, Verdict(Contracts.Jobs.Verdict.Succeeded)),
            (JobStateNames.Paid, Settled()),
        ];
        for (; _reached < path.Length && (State != state || path[_reached].At == state); _reached++)
        {
            await RaiseAsync(path[_reached].Event);
            State.ShouldBe(path[_reached].At);
        }
    }

    public DateTimeOffset Now => _time.GetUtcNow();

    public static JobSpec Spec { get; } = new(JobType.Inference, "sha256:" + new string('a', 64), new JobLimits(500, 256), 10, Script: "true");

    private PaymentIntent Intent() => new(
        new IntentId(Job.Value), default, new HyperAmount(100), Job, Now.ToUnixTimeMilliseconds(), Now.AddHours(1).ToUnixTimeMilliseconds(), Hash256.Zero);

    public async ValueTask DisposeAsync()
    {
        await _services.GetRequiredService<IBusControl>().StopAsync();
        await _services.DisposeAsync();
    }

    private sealed class RandomIds : IIdSource
    {
        public Guid NewId() => Guid.NewGuid();

        public Hash256 NewSecret() => Hash256.Of(Guid.NewGuid().ToByteArray());
    }

    private sealed class SteppedTime : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => _now;

        public void Pass(TimeSpan time) => _now += time;
    }
}

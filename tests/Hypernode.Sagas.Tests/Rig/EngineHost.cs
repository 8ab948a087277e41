using System.Collections.Concurrent;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Delivery;
using Hypernode.Sagas.Engine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Tests.Rig;

/// <summary>
/// One host: the production engine as <see cref="SagaRegistration"/> composes it, on one thread and a virtual time. A crash is
/// <see cref="Die"/>: it gets no more turns, its timers never fire, and its ports are its watch's to close.
/// </summary>
internal sealed class EngineHost : IDisposable
{
    private static readonly IConfiguration Nothing = new ConfigurationBuilder().Build();
    private static readonly ConcurrentDictionary<(int, int, int), MachineDriver> Machines = new();
    private readonly ServiceProvider _services;
    private readonly TurnScheduler _turns = new();
    private readonly HostTime _time;

    public EngineHost(Ports ports, VirtualTime time, EngineOptions? options = null, WorkflowWindows? windows = null, IEnumerable<IHostedWorker>? workers = null, bool sagas = true)
    {
        _time = new HostTime(time);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<TimeProvider>(_time);
        services.AddSingleton<IEngineScheduler>(_turns);
        services.AddSingleton<IIdSource, RandomIds>();
        services.AddSingleton<ISagaJournal>(ports);
        services.AddSingleton<IOutbox>(ports);
        services.AddSingleton<IQueueSender>(ports);
        services.AddSingleton<INodeCommandSender>(ports);
        services.AddSingleton(Nothing);
        services.AddHypernodeEngine(sagas);
        services.AddSingleton(Options.Create(options ?? new EngineOptions()));
        windows ??= new WorkflowWindows();
        services.AddSingleton(Options.Create(windows));
        // It keeps nothing between two events: one serves all hosts of these windows, and is built once.
        services.AddSingleton(Machines.GetOrAdd(
            (windows.MaxAttempts, windows.VerificationSeconds, windows.StartPatienceSeconds), _ => new MachineDriver(new JobStateMachine(windows))));
        foreach (var worker in workers ?? [])
        {
            services.AddSingleton(worker is SlowWorker ? worker : ports.Watched(worker));
        }

        _services = services.BuildServiceProvider();
    }

    public bool IsDead { get; private set; }

    public JobEngine Engine => Get<JobEngine>();

    public OutboxRelay Relay => Get<OutboxRelay>();

    public LocalWork Local => Get<LocalWork>();

    public CommitLoop Commits => Get<CommitLoop>();

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>Starts it, and gives turns until nothing is left to do.</summary>
    public Task Start(Func<Task> work)
    {
        var runner = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null); // the test runner's: it would take continuations to other threads
        try
        {
            var task = work();
            _turns.Pump();
            return task;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(runner);
        }
    }

    /// <summary>As <see cref="Start"/>, and it must have ended.</summary>
    public void Do(Func<Task> work)
    {
        var task = Start(work);
        if (!IsDead)
        {
            task.IsCompleted.ShouldBeTrue("it waits for something that nobody does");
            task.GetAwaiter().GetResult();
        }
    }

    /// <summary>A message from a queue.</summary>
    public void Handle(IJobMessage message, Guid? id = null, Guid? cause = null) =>
        Do(() => Engine.HandleAsync(id ?? Guid.NewGuid(), cause, message, CancellationToken.None));

    /// <summary>What a host's schedule does: timers that are due in this process, the relay, the timer pump.</summary>
    public void Turn()
    {
        Do(() =>
        {
            _time.Fire();
            return Task.CompletedTask;
        });
        Do(() => Relay.RelayAsync(CancellationToken.None));
        Do(() => Relay.FireTimersAsync(CancellationToken.None));
    }

    public void Die()
    {
        IsDead = true;
        _turns.Stop();
        _time.Stop();
    }

    public void Dispose() => _services.DisposeAsync().AsTask().GetAwaiter().GetResult();
}

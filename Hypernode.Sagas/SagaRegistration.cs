using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Delivery;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Timers;
using MassTransit;
using MassTransit.Configuration;
using MassTransit.Saga;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas;

public static class SagaRegistration
{
    /// <summary>
    /// What every host needs that sends: placement, dispatcher, relay; with <paramref name="sagas"/> the engine itself. The
    /// host adds the storage, <see cref="IQueueSender"/>, <see cref="INodeCommandSender"/> and its workers.
    /// </summary>
    public static IServiceCollection AddHypernodeEngine(this IServiceCollection services, bool sagas)
    {
        services.AddOptions<EngineOptions>().BindConfiguration(EngineOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<WorkflowWindows>().BindConfiguration(WorkflowWindows.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton<IEngineScheduler, PoolScheduler>();
        services.AddSingleton(p => new EngineIdentity($"{Environment.MachineName}-{Environment.ProcessId}-{p.GetRequiredService<IIdSource>().NewId():N}"));
        services.AddSingleton(new SagaPlacement(sagas));
        services.AddSingleton<WorkerTable>();
        services.AddSingleton<CommitLoop>();
        services.AddSingleton(p => new Lazy<JobEngine>(p.GetRequiredService<JobEngine>));
        services.AddSingleton<LocalWork>();
        services.AddSingleton<OutboxDispatcher>();
        services.AddSingleton<IOutboxDispatcher>(p => p.GetRequiredService<OutboxDispatcher>());
        services.AddSingleton<OutboxRelay>();
        if (!sagas)
        {
            return services.AddSingleton<IMessageSender, DurableSender>();
        }

        services.AddSingleton(p => p.GetRequiredService<IOptions<WorkflowWindows>>().Value);
        services.TryAddSingleton<JobStateMachine>();
        services.AddSingleton<MachineDriver>();
        services.AddSingleton<JobStore>();
        services.AddSingleton<JobEngine>();
        return services.AddSingleton<IMessageSender, DirectSender>();
    }

    /// <summary>A worker of this process; placement decides whether it is taken straight from the commit.</summary>
    public static IServiceCollection AddHostedWorker<TCommand>(this IServiceCollection services)
        where TCommand : class => services.AddSingleton<IHostedWorker, HostedWorker<TCommand>>();

    /// <summary>The job saga, on its own repository.</summary>
    public static void AddHypernodeSagas(this IBusRegistrationConfigurator bus)
    {
        bus.AddSagaStateMachine<JobStateMachine, JobState>()
            .Repository(r => r.RegisterSagaRepository<JobState, ISagaJournal, SagaConsumeContextFactory<ISagaJournal, JobState>, JobSagaRepository>());
    }

    /// <summary>
    /// What a host with the saga repeats, for its <see cref="QuartzService"/>: pump and relay each for itself, since
    /// rows are taken under lock and a host's death must not make them wait (ADR 5); retention and audit once among them.
    /// </summary>
    public static IServiceCollection AddHypernodeTimers(this IServiceCollection services)
    {
        services.AddSingleton(p => new RecurringWork(
            "timer-pump",
            TimeSpan.FromMilliseconds(p.GetRequiredService<IOptions<EngineOptions>>().Value.TimerPumpMilliseconds),
            (s, ct) => s.GetRequiredService<OutboxRelay>().FireTimersAsync(ct)));
        services.AddSingleton(new RecurringWork(
            "outbox-relay", TimeSpan.FromSeconds(1), (s, ct) => s.GetRequiredService<OutboxRelay>().RelayAsync(ct)));
        services.AddSingleton<InboxRetention>();
        services.AddSingleton(new RecurringWork(
            "inbox-retention", TimeSpan.FromHours(1), (s, ct) => s.GetRequiredService<InboxRetention>().RunOnceAsync(ct), RecurringWork.SagaHosts));
        services.AddSingleton<StrandedJobs>();
        services.AddSingleton(new RecurringWork(
            "stranded-jobs", TimeSpan.FromMinutes(1), (s, ct) => s.GetRequiredService<StrandedJobs>().RunOnceAsync(ct), RecurringWork.SagaHosts));
        return services;
    }

    /// <summary>An endpoint of the saga: the only one, or one of its shards.</summary>
    public static void ConfigureJobSaga(this IReceiveEndpointConfigurator endpoint, IBusRegistrationContext context)
    {
        var options = context.GetRequiredService<IOptions<EngineOptions>>().Value;
        endpoint.ConcurrentMessageLimit = options.Concurrency;
        endpoint.ConfigureSaga<JobState>(context);
    }
}

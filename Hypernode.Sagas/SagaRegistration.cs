using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Timers;
using MassTransit;
using MassTransit.Configuration;
using MassTransit.Saga;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas;

public static class SagaRegistration
{
    /// <summary>What every host needs that sends: outbox, dispatcher, relay.</summary>
    public static IServiceCollection AddHypernodeEngine(this IServiceCollection services)
    {
        services.AddOptions<EngineOptions>().BindConfiguration(EngineOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<WorkflowWindows>().BindConfiguration(WorkflowWindows.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IOutboxDispatcher, OutboxDispatcher>();
        services.AddSingleton<IMessageSender, DurableSender>();
        services.AddSingleton<OutboxRelay>();
        return services;
    }

    /// <summary>The job saga, on its own repository.</summary>
    public static void AddHypernodeSagas(this IBusRegistrationConfigurator bus)
    {
        bus.AddSingleton(p => p.GetRequiredService<IOptions<WorkflowWindows>>().Value);
        bus.AddSagaStateMachine<JobStateMachine, JobState>()
            .Repository(r => r.RegisterSagaRepository<JobState, ISagaJournal, SagaConsumeContextFactory<ISagaJournal, JobState>, JobSagaRepository>());
    }

    /// <summary>The timer pump and the relay, for the host's <see cref="QuartzService"/>.</summary>
    public static IServiceCollection AddHypernodeTimers(this IServiceCollection services)
    {
        services.AddSingleton(p => new RecurringWork(
            "timer-pump",
            TimeSpan.FromMilliseconds(p.GetRequiredService<IOptions<EngineOptions>>().Value.TimerPumpMilliseconds),
            (s, ct) => s.GetRequiredService<OutboxRelay>().FireTimersAsync(ct)));
        services.AddSingleton(new RecurringWork(
            "outbox-relay", TimeSpan.FromSeconds(1), (s, ct) => s.GetRequiredService<OutboxRelay>().RelayAsync(ct)));
        return services;
    }

    /// <summary>The saga's one endpoint.</summary>
    public static void ConfigureJobSaga(this IReceiveEndpointConfigurator endpoint, IBusRegistrationContext context)
    {
        var options = context.GetRequiredService<IOptions<EngineOptions>>().Value;
        endpoint.ConcurrentMessageLimit = options.Concurrency;
        endpoint.ConfigureSaga<JobState>(context);
    }
}

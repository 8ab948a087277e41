using System.Text.Json.Serialization;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Topology;
using Hypernode.Host.Messaging.Adapters.RabbitMq;
using Hypernode.Sagas;
using Hypernode.Sagas.Delivery;
using MassTransit;

namespace Hypernode.Host.Messaging;

/// <summary>MassTransit for one host: the endpoints of its roles, on either transport.</summary>
internal static class BusComposition
{
    public static IServiceCollection AddHypernodeBus(this IServiceCollection services, HostOptions host, RabbitMqOptions rabbit)
    {
        services.Configure<MassTransitHostOptions>(o =>
        {
            o.WaitUntilStarted = true;
            o.StartTimeout = TimeSpan.FromSeconds(30);
            o.StopTimeout = TimeSpan.FromSeconds(20);
        });
        services.AddSingleton<IQueueSender, MassTransitQueueSender>();
        services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            if (host.Has("sagas"))
            {
                bus.AddHypernodeSagas();
                services.AddSingleton<SagaShards>();
                services.AddHostedService(p => p.GetRequiredService<SagaShards>()); // after the bus itself
            }

            if (host.Transport == BusTransport.Memory)
            {
                bus.UsingInMemory((context, cfg) => Configure(cfg, context, host));
                return;
            }

            bus.UsingRabbitMq((context, cfg) =>
            {
                cfg.Host(rabbit.Address, h =>
                {
                    h.Username(rabbit.UserName);
                    h.Password(rabbit.Password);
                    h.PublisherConfirmation = true;
                });
                Configure(cfg, context, host);
            });
        });
        return services;
    }

    private static void Configure(IBusFactoryConfigurator cfg, IBusRegistrationContext context, HostOptions host)
    {
        cfg.ConfigureJsonSerializerOptions(options =>
        {
            options.Converters.Add(new JsonStringEnumConverter());
            return options;
        });
        if (host.Has("workers"))
        {
            Worker<VerifyIntent>(cfg, context);
            Worker<LockEscrow>(cfg, context);
            Worker<MatchJob>(cfg, context);
            Worker<AssignNode>(cfg, context);
            Worker<VerifyResult>(cfg, context);
            Worker<SettlePayment>(cfg, context);
            Worker<RefundPayment>(cfg, context);
        }
    }

    private static void Worker<TCommand>(IBusFactoryConfigurator cfg, IBusRegistrationContext context)
        where TCommand : class =>
        cfg.ReceiveEndpoint(Queues.Commands[typeof(TCommand)], e =>
        {
            Harden(e, Queues.Commands[typeof(TCommand)], RabbitMqTopology.DeadLettering, context);
            e.ConcurrentMessageLimit = 16;
            e.Consumer(() => ActivatorUtilities.CreateInstance<WorkerConsumer<TCommand>>(context));
        });

    /// <summary>What mends itself is waited out; what does not is parked with its cause, so that it never holds up its queue.</summary>
    internal static void Harden(
        IReceiveEndpointConfigurator endpoint, string queue, IReadOnlyDictionary<string, object> arguments, IServiceProvider services)
    {
        endpoint.ConfigureConsumeTopology = false;
        endpoint.PublishFaults = false;
        endpoint.PrefetchCount = 64;
        Outage.Retry(endpoint);
        if (endpoint is IRabbitMqReceiveEndpointConfigurator rabbit)
        {
            rabbit.SetQuorumQueue();
            foreach (var (name, value) in arguments)
            {
                rabbit.SetQueueArgument(name, value);
            }

            DeadLetterFilter.Use(endpoint, queue, services);
        }
    }
}

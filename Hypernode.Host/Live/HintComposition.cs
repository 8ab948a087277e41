using Hypernode.Contracts.Ports;
using Hypernode.Host.Messaging.Adapters.RabbitMq;

namespace Hypernode.Host.Live;

internal static class HintComposition
{
    /// <summary>After the storage: its ports are wrapped. Every host tells what it moved; those with the API listen.</summary>
    public static IServiceCollection AddLiveHints(this IServiceCollection services, HostOptions host)
    {
        if (host.Transport == BusTransport.Memory)
        {
            services.AddSingleton<ILiveHints, InProcessHints>();
        }
        else
        {
            services.AddSingleton(p => new RabbitMqHints(
                p.GetRequiredService<RabbitMqConnection>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<RabbitMqHints>>(), listens: host.Has("api")));
            services.AddSingleton<ILiveHints>(p => p.GetRequiredService<RabbitMqHints>());
            services.AddHostedService(p => p.GetRequiredService<RabbitMqHints>());
        }

        services.Wrap<ISagaJournal>((inner, hints) => new HintingJournal(inner, hints));
        services.Wrap<IJobIntake>((inner, hints) => new HintingIntake(inner, hints));
        services.Wrap<IEvidence>((inner, hints) => new HintingEvidence(inner, hints));
        services.Wrap<INodeDirectory>((inner, hints) => new HintingNodes(inner, hints));
        services.Wrap<INodeStandings>((inner, hints) => new HintingStandings(inner, hints));
        return services;
    }

    private static void Wrap<TPort>(this IServiceCollection services, Func<TPort, ILiveHints, TPort> wrap)
        where TPort : class
    {
        var inner = services.Last(s => s.ServiceType == typeof(TPort));
        services.AddSingleton(p => wrap(
            (TPort)(inner.ImplementationFactory?.Invoke(p) ?? ActivatorUtilities.CreateInstance(p, inner.ImplementationType!)),
            p.GetRequiredService<ILiveHints>()));
    }
}

using Hypernode.Bench.Loads;
using MassTransit;

namespace Hypernode.Bench.Reference;

/// <summary>
/// The reference: MassTransit's in-memory transport and in-memory saga repository. Nothing is durable: it is what the same
/// workflow costs when a crash may lose everything.
/// </summary>
internal static class ReferenceProgram
{
    private const int Prefetch = 64;
    private const int Concurrency = 32;

    public static async Task<int> RunAsync()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<EndedJobs>();
        builder.Services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.AddSagaStateMachine<ReferenceMachine, ReferenceJob>().InMemoryRepository();
            bus.AddConsumer<ReferenceWorkers>();
            bus.AddConsumer<ReferenceAgent>();
            bus.UsingInMemory((context, cfg) =>
            {
                cfg.PrefetchCount = Prefetch;
                Endpoint(cfg, "job-saga", e =>
                {
                    e.UseMessageRetry(r => r.Intervals(5, 20, 50, 100, 200, 500, 1000)); // an event that comes before its saga
                    e.ConfigureSaga<ReferenceJob>(context);
                });
                Endpoint(cfg, "services", e => e.ConfigureConsumer<ReferenceWorkers>(context));
                Endpoint(cfg, "agent", e => e.ConfigureConsumer<ReferenceAgent>(context));
            });
        });
        builder.Services.Configure<MassTransitHostOptions>(o => o.WaitUntilStarted = true);

        using var host = builder.Build();
        await host.StartAsync();
        var (publisher, ended) = (host.Services.GetRequiredService<IBus>(), host.Services.GetRequiredService<EndedJobs>());
        await LoadProtocol.ServeAsync(
            async (verb, numbers) => verb switch
            {
                "run" => await LoadAsync(publisher, ended, Load.Of(numbers)),
                "counters" => Compiler.Counters,
                _ => new Done(),
            },
            CancellationToken.None);
        await host.StopAsync();
        return 0;
    }

    private static Task<RunAnswer> LoadAsync(IBus bus, EndedJobs ended, Load load) => Window.RunAsync(load, async (window, _) =>
    {
        var job = Guid.NewGuid();
        ended.Expect(job, window.Ended);
        await bus.Publish(new SubmitJob(job, 1_000_000));
    });

    private static void Endpoint(IInMemoryBusFactoryConfigurator cfg, string name, Action<IReceiveEndpointConfigurator> configure) =>
        cfg.ReceiveEndpoint(name, e =>
        {
            e.PrefetchCount = Prefetch;
            e.ConcurrentMessageLimit = Concurrency;
            configure(e);
        });
}

using Hypernode.Contracts.Ports;
using Hypernode.Host;
using Hypernode.Host.Chain;
using Microsoft.Extensions.Options;

namespace Hypernode.Bench.Stack;

/// <summary>
/// The product's own host program, composed by its own composition, with another chain: <see cref="SimulatedChain"/>. Beside
/// it a service that answers the runner, and in the load's process the generator and the nodes.
/// </summary>
internal static class BenchHost
{
    /// <summary>A host that is measured: it only tells its counters.</summary>
    public static Task<int> RunAsync(string[] args) => HostProgram.RunAsync(args, services =>
    {
        AddChain(services);
        MayWriteAsTheTextbookDoes(services);
        services.AddSingleton<EngineCounters>();
        services.AddHostedService<CountersService>();
    });

    /// <summary>A host that is also put under load: an API host of the services stack, or all of the embedded one.</summary>
    public static Task<int> RunLoadAsync(string[] args) => HostProgram.RunAsync(args, services =>
    {
        AddChain(services);
        services.AddSingleton<EngineCounters>();
        services.AddSingleton<Wallet>();
        services.AddSingleton<NodeFleet>();
        services.AddSingleton<EndedJobsReader>();
        services.AddSingleton<JobLoad>();
        services.AddHostedService<LoadService>();
    });

    private static void AddChain(IServiceCollection services)
    {
        services.AddOptions<LoadOptions>().BindConfiguration(LoadOptions.Section);
        services.AddSingleton<SimulatedChain>();
        services.AddSingleton<IEscrow>(p => p.GetRequiredService<SimulatedChain>());
        services.AddSingleton<ITombstones>(p => p.GetRequiredService<SimulatedChain>());
        services.AddSingleton<INodeRegistry>(p => p.GetRequiredService<SimulatedChain>());
        services.AddSingleton<IChainSetup>(p => p.GetRequiredService<SimulatedChain>());
    }

    private static void MayWriteAsTheTextbookDoes(IServiceCollection services)
    {
        var own = services.Last(s => s.ServiceType == typeof(ISagaJournal)).ImplementationType!;
        services.AddSingleton(p =>
        {
            var journal = (ISagaJournal)ActivatorUtilities.CreateInstance(p, own);
            return p.GetRequiredService<IOptions<LoadOptions>>().Value.Textbook ? new TextbookJournal(journal, p.GetRequiredService<IOutbox>()) : journal;
        });
    }
}

using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Topology;
using Hypernode.Workers.Nodes;
using Hypernode.Workers.Settlement;
using Hypernode.Workers.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Hypernode.Workers.Tests;

public sealed class CompositionTests
{
    [Fact]
    public void Every_command_of_the_topology_has_one_handler()
    {
        using var host = Build();
        foreach (var command in Queues.Commands.Keys)
        {
            host.Services.GetServices(typeof(IHandle<>).MakeGenericType(command)).Count().ShouldBe(1, command.Name);
        }
    }

    [Fact]
    public void The_ingress_and_the_sweeps_stand_on_the_ports_alone()
    {
        using var host = Build();
        host.Services.GetRequiredService<INodeIngress>().ShouldBeOfType<NodeIngress>();
        host.Services.GetRequiredService<HeartbeatSweep>().ShouldNotBeNull();
        host.Services.GetRequiredService<ExpirySweep>().ShouldNotBeNull();
        host.Services.GetRequiredService<CloseSweep>().ShouldNotBeNull();
    }

    [Fact]
    public void Workers_know_neither_a_saga_nor_a_bus() =>
        typeof(WorkersServiceCollectionExtensions).Assembly.GetReferencedAssemblies().Select(a => a.Name!)
            .ShouldNotContain(name => name.Contains("Sagas") || name.Contains("MassTransit") || name.Contains("AspNetCore"));

    private static IHost Build()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging().AddHypernodeWorkers()
            .AddSingleton<IEscrow, FakeEscrow>()
            .AddSingleton<ITombstones, FakeTombstones>()
            .AddSingleton<INodeStandings, FakeStandings>()
            .AddSingleton<INodeDirectory, FakeNodes>()
            .AddSingleton<IEvidence, FakeEvidence>()
            .AddSingleton<IJobReader, FakeJobs>()
            .AddSingleton<IMessageSender, FakeSender>()
            .AddSingleton<IIdSource, FakeIds>();
        return builder.Build();
    }
}

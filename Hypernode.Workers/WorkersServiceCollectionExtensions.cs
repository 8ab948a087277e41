using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Workers.Escrow;
using Hypernode.Workers.Intents;
using Hypernode.Workers.Matching;
using Hypernode.Workers.Nodes;
using Hypernode.Workers.Settlement;
using Hypernode.Workers.Verification;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Hypernode.Workers;

public static class WorkersServiceCollectionExtensions
{
    /// <summary>
    /// One <see cref="IHandle{TCommand}"/> a command, the nodes' ingress, and the sweeps. The host adds what they stand on: storage,
    /// <see cref="IEscrow"/>, <see cref="ITombstones"/>, <see cref="INodeRegistry"/>, <see cref="IDeposits"/>, <see cref="IIdSource"/> and
    /// <see cref="IMessageSender"/>; <see cref="ConnectionSweep"/> where nodes come by a broker.
    /// </summary>
    public static IServiceCollection AddHypernodeWorkers(this IServiceCollection services)
    {
        services.AddOptions<WorkflowWindows>().BindConfiguration(WorkflowWindows.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);

        services.AddSingleton<IHandle<VerifyIntent>, IntentVerifier>();
        services.AddSingleton<IHandle<LockEscrow>, EscrowLocker>();
        services.AddSingleton<NodeCapacity>();
        services.AddSingleton<ILeaseObserver>(p => p.GetRequiredService<NodeCapacity>());
        services.AddSingleton<IHandle<MatchJob>, JobMatcher>();
        services.AddSingleton<IHandle<AssignNode>, NodeAssigner>();
        services.AddSingleton<IHandle<VerifyResult>, ResultVerifier>();
        services.AddSingleton<IHandle<SettlePayment>, PaymentSettler>();
        services.AddSingleton<IHandle<RefundPayment>, PaymentRefunder>();

        services.AddNodeIngress();
        services.AddSingleton<RegistrySweep>();
        services.AddSingleton<IngressClock>();
        services.AddSingleton<IHearing>(p => p.GetRequiredService<IngressClock>());
        services.AddSingleton<HeartbeatSweep>();
        services.AddSingleton<ExpirySweep>();
        services.AddSingleton<CloseSweep>();
        services.AddSingleton<DepositSweep>();
        return services;
    }

    /// <summary>The one door for what agents say; added once, whichever roles of a host hear them.</summary>
    public static IServiceCollection AddNodeIngress(this IServiceCollection services)
    {
        if (services.Any(s => s.ServiceType == typeof(INodeIngress)))
        {
            return services;
        }

        services.AddSingleton(p => new RevokedNodes(p.GetRequiredService<INodeStandings>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<LeaseHolders>();
        services.AddSingleton<ILeaseObserver>(p => p.GetRequiredService<LeaseHolders>());
        return services.AddSingleton<INodeIngress, NodeIngress>();
    }
}

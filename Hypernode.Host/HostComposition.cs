using Hypernode.Api;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Host.Adapters;
using Hypernode.Host.Chain;
using Hypernode.Host.Embedded;
using Hypernode.Host.Health;
using Hypernode.Host.Live;
using Hypernode.Host.Messaging;
using Hypernode.Host.Messaging.Adapters.RabbitMq;
using Hypernode.Sagas;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Timers;
using Hypernode.Storage;
using Hypernode.Workers;
using Hypernode.Workers.Matching;
using Hypernode.Workers.Nodes;
using Hypernode.Workers.Settlement;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Hypernode.Host;

/// <summary>The one place where the parts meet: what each role adds, and in which order it starts.</summary>
internal static class HostComposition
{
    /// <param name="chain">Another chain than Solana; null: Solana.</param>
    public static void AddHypernodeHost(this WebApplicationBuilder builder, HostOptions host, Action<IServiceCollection>? chain = null)
    {
        var (services, configuration) = (builder.Services, builder.Configuration);
        Directory.CreateDirectory(host.DataPath);
        Default(configuration, "Hypernode:Storage:Path", Path.Combine(host.DataPath, "hypernode.db"));
        Default(configuration, "Hypernode:Storage:BlobPath", Path.Combine(host.DataPath, "blobs"));
        Default(configuration, "Hypernode:Storage:S3:SpoolPath", Path.Combine(host.DataPath, "spool"));
        Default(configuration, "Hypernode:Chain:KeysPath", Path.Combine(host.DataPath, "keys"));
        Default(configuration, "Hypernode:Api:TokenKeyFile", Path.Combine(host.DataPath, "keys", "api-token.key"));
        Default(configuration, $"{EngineOptions.Section}:OnlyHost", (host.Transport == BusTransport.Memory).ToString());
        builder.WebHost.UseUrls(host.Url);
        services.AddOptions<HostOptions>().BindConfiguration(HostOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.Configure<Microsoft.Extensions.Hosting.HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(30));

        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<IIdSource, SystemIds>();
        services.AddHypernodeStorage(configuration);
        services.AddHypernodeEngine(host.Has("sagas"));
        (chain ?? (s => s.AddSolanaChain()))(services);
        services.AddLiveHints(host);
        services.TryAddSingleton<IDeposits, NoDeposits>();
        services.TryAddSingleton<ITransferFacilitator, NoDeposits>();
        services.AddNodeWay(host, configuration);
        services.AddHypernodeBus(host, configuration.GetSection(RabbitMqOptions.Section).Get<RabbitMqOptions>() ?? new RabbitMqOptions());
        services.AddSingleton<StorageWatch>();
        services.AddSingleton<IStorageWatch>(p => p.GetRequiredService<StorageWatch>());
        services.AddHostedService(p => p.GetRequiredService<StorageWatch>());
        services.AddHealthChecks().AddCheck<StorageHealthCheck>("storage").AddCheck<BlobHealthCheck>("blobs").AddCheck<ChainHealth>("chain");

        if (host.Has("sagas") || host.Has("workers"))
        {
            services.AddHypernodeWorkers();
            services.AddPlacement(host);
        }

        if (host.Has("sagas"))
        {
            services.AddHypernodeTimers();
        }

        services.AddSweeps(host);
        if (host.Has("api"))
        {
            services.AddHypernodeApi(configuration);
            services.AddSingleton<IOutlook, Outlook>();
            services.AddSingleton<INodeMailbox, NodeMailbox>();
            services.AddNodeIngress();
        }

        if (host.Has("agents"))
        {
            services.AddAgentFleet();
        }

        services.AddSharedSchedule(configuration);
        services.AddHostedService<QuartzService>();
    }

    /// <summary>Schema, broker objects and chain, before the first message: all of it idempotent.</summary>
    public static async Task PrepareAsync(this WebApplication app, HostOptions host, CancellationToken cancellationToken)
    {
        await app.Services.GetRequiredService<IStorageMigrator>().MigrateAsync(cancellationToken);
        if (host.Transport == BusTransport.RabbitMq)
        {
            await using var channel = await app.Services.GetRequiredService<RabbitMqConnection>().OpenChannelAsync(confirms: false, cancellationToken);
            await RabbitMqTopology.DeclareAsync(channel, cancellationToken);
        }

        await app.Services.GetRequiredService<IChainSetup>().PrepareAsync(cancellationToken);
    }

    public static void MapHypernodeHost(this WebApplication app, HostOptions host)
    {
        if (host.Has("api"))
        {
            app.MapHypernodeApi();
        }
        else
        {
            app.MapHealthChecks("/health/ready", new() { ResponseWriter = ReadyAnswer.WriteAsync });
            app.MapGet("/health/live", () => "alive");
        }

        if (host.Has("agents"))
        {
            app.MapAgentControl();
        }
    }

    /// <summary>Where nodes come by a broker that can be told to close their connections.</summary>
    public static void AddNodeConnections(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RabbitMqOptions>().BindConfiguration(RabbitMqOptions.Section);
        if (configuration[$"{RabbitMqOptions.Section}:{nameof(RabbitMqOptions.ManagementUri)}"] is { Length: > 0 })
        {
            services.AddSingleton<INodeConnections, RabbitMqNodeConnections>();
            services.AddSingleton<ConnectionSweep>();
        }
    }

    private static void AddNodeWay(this IServiceCollection services, HostOptions host, IConfiguration configuration)
    {
        if (host.Transport == BusTransport.Memory)
        {
            services.AddSingleton(p => new InProcessNodes(new Lazy<INodeIngress>(p.GetRequiredService<INodeIngress>)));
            services.AddSingleton<INodeCommandSender>(p => Withholding(p, p.GetRequiredService<InProcessNodes>()));
            services.AddSingleton<INodeQueue>(p => p.GetRequiredService<InProcessNodes>());
            return;
        }

        services.AddNodeConnections(configuration);
        services.AddSingleton<RabbitMqConnection>();
        services.AddSingleton<DeadLetters>();
        services.AddSingleton<RabbitMqNodeCommandSender>();
        services.AddSingleton<INodeCommandSender>(p => Withholding(p, p.GetRequiredService<RabbitMqNodeCommandSender>()));
        services.AddSingleton<INodeQueue, RabbitMqNodeQueue>();
        if (host.Has("sagas"))
        {
            services.AddHostedService<ShardBalance>();
            // Beside the saga: what a node reports is durable in its job's own commit, with no message in between.
            services.AddHostedService<RabbitMqNodeIngress>();
        }
    }

    private static INodeCommandSender Withholding(IServiceProvider services, INodeCommandSender nodes) =>
        new WithheldCommands(nodes, services.GetRequiredService<RevokedNodes>(), services.GetRequiredService<ILogger<WithheldCommands>>());

    /// <summary>
    /// Which commands this process can take itself: all of them with the workers' role; beside a saga alone those that move
    /// nothing on the chain, so that they cost no message.
    /// </summary>
    private static void AddPlacement(this IServiceCollection services, HostOptions host)
    {
        services.AddHostedWorker<VerifyIntent>();
        services.AddHostedWorker<MatchJob>();
        services.AddHostedWorker<VerifyResult>();
        if (host.Has("workers"))
        {
            services.AddHostedWorker<LockEscrow>();
            services.AddHostedWorker<AssignNode>();
            services.AddHostedWorker<SettlePayment>();
            services.AddHostedWorker<RefundPayment>();
        }
    }

    /// <summary>
    /// A node's silence is judged where nodes are heard, by each such host for itself: a cluster's job stays with the host that
    /// had it last, even with one that has lost the broker and hears nobody. Two that notice the same silence do no harm: the
    /// attempt is a fencing token. Orphaned payments are refunded, and those that are over closed, where the relayer's key is, by one host at a time.
    /// </summary>
    private static void AddSweeps(this IServiceCollection services, HostOptions host)
    {
        if (host.Has("sagas"))
        {
            services.AddSingleton(new RecurringWork("heartbeat-sweep", TimeSpan.FromSeconds(1), (s, ct) =>
                s.GetRequiredService<HeartbeatSweep>().RunOnceAsync(s.GetRequiredService<TimeProvider>().GetUtcNow(), ct)));

            // Without a management API there is nothing to close with: what comes over such a connection is dropped, no more.
            services.AddSingleton(new RecurringWork("connection-sweep", TimeSpan.FromSeconds(5), (s, ct) =>
                s.GetService<ConnectionSweep>()?.RunOnceAsync(ct) ?? Task.CompletedTask, RecurringWork.SagaHosts));
        }

        if (host.Has("workers"))
        {
            services.AddSingleton(new RecurringWork("registry-sweep", TimeSpan.FromSeconds(15), (s, ct) =>
                s.GetRequiredService<RegistrySweep>().RunOnceAsync(ct), RecurringWork.WorkerHosts));
            services.AddSingleton(new RecurringWork("expiry-sweep", TimeSpan.FromSeconds(5), (s, ct) =>
                s.GetRequiredService<ExpirySweep>().RunOnceAsync(s.GetRequiredService<TimeProvider>().GetUtcNow(), ct), RecurringWork.WorkerHosts));
            services.AddSingleton(new RecurringWork("close-sweep", TimeSpan.FromMinutes(5), (s, ct) =>
                s.GetRequiredService<CloseSweep>().RunOnceAsync(s.GetRequiredService<TimeProvider>().GetUtcNow(), ct), RecurringWork.WorkerHosts));
            services.AddSingleton(new RecurringWork("deposit-sweep", TimeSpan.FromMinutes(1), (s, ct) =>
                s.GetRequiredService<DepositSweep>().RunOnceAsync(s.GetRequiredService<TimeProvider>().GetUtcNow(), ct), RecurringWork.WorkerHosts));
        }
    }

    private static void Default(ConfigurationManager configuration, string key, string value)
    {
        if (string.IsNullOrEmpty(configuration[key]))
        {
            configuration[key] = value;
        }
    }
}

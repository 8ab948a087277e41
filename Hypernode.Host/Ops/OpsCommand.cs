using System.Data.Common;
using System.Text.Json;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Host.Adapters;
using Hypernode.Host.Embedded;
using Hypernode.Host.Messaging.Adapters.RabbitMq;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;
using Hypernode.Solana.NodeRegistry;
using Hypernode.Storage;
using Hypernode.Workers.Adapters.Solana;
using Microsoft.Extensions.Options;
using RabbitMQ.Client.Exceptions;

namespace Hypernode.Host.Ops;

/// <summary>
/// An operator's look at a running deployment: <c>ops errors</c>, <c>replay</c>, <c>stuck</c> and <c>audit</c>, one JSON object on
/// stdout. It goes to broker, database and chain itself, with the hosts' own settings: when it is needed the API may be what is down.
/// </summary>
internal static class OpsCommand
{
    /// <summary>What was looked for is there: a stuck job, a violation, a message that was refused or not found.</summary>
    public const int Findings = 8;

    /// <summary>Broker, database or chain don't answer.</summary>
    public const int Unavailable = 6;

    private const int MaxErrors = 100_000;
    private const int MaxReplayed = 100;
    private const int MaxStuck = 200;

    /// <exception cref="ArgumentException">With what is wrong.</exception>
    public static async Task<int> RunAsync(OpsArguments arguments, IConfiguration configuration, TextWriter output, CancellationToken cancellationToken)
    {
        try
        {
            return arguments.Words switch
            {
                ["errors"] => await ErrorsAsync(arguments, configuration, output, cancellationToken),
                ["replay", _, ..] => await ReplayAsync(arguments, configuration, output, cancellationToken),
                ["stuck"] => await StuckAsync(arguments, configuration, output, cancellationToken),
                ["audit"] => await AuditAsync(arguments, configuration, output, cancellationToken),
                _ => throw new ArgumentException("ops needs errors, stuck, audit, or replay with groups or message ids; see --help"),
            };
        }
        catch (Exception e) when (e is DbException or BrokerUnreachableException or OperationInterruptedException or IOException or TimeoutException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync($"hypernode-host: {Plain(e)}");
            return Unavailable;
        }
    }

    private static async Task<int> ErrorsAsync(OpsArguments arguments, IConfiguration configuration, TextWriter output, CancellationToken cancellationToken)
    {
        await using var connection = Broker(configuration);
        await using var dead = new DeadLetters(connection);
        await WriteAsync(output, await ErrorReport.ReadAsync(dead, arguments.Limit ?? MaxErrors, cancellationToken));
        return 0;
    }

    private static async Task<int> ReplayAsync(OpsArguments arguments, IConfiguration configuration, TextWriter output, CancellationToken cancellationToken)
    {
        await using var connection = Broker(configuration);
        await using var dead = new DeadLetters(connection);
        var report = await ReplayReport.RunAsync(dead, [.. arguments.Words.Skip(1)], arguments.Limit ?? MaxReplayed, !arguments.Yes, cancellationToken);
        await WriteAsync(output, report);
        return report.Refused + report.NotFound.Count == 0 ? 0 : Findings;
    }

    private static async Task<int> StuckAsync(OpsArguments arguments, IConfiguration configuration, TextWriter output, CancellationToken cancellationToken)
    {
        await using var services = Storage(configuration);
        var report = await new StuckJobs(
            services.GetRequiredService<IAuditReader>(), services.GetRequiredService<IJobReader>(), services.GetRequiredService<IStandingReader>(),
            WindowsOf(configuration), TimeProvider.System).ReadAsync(arguments.Limit ?? MaxStuck, cancellationToken);
        await WriteAsync(output, report);
        return report.Jobs.Count == 0 ? 0 : Findings;
    }

    private static async Task<int> AuditAsync(OpsArguments arguments, IConfiguration configuration, TextWriter output, CancellationToken cancellationToken)
    {
        await using var services = Storage(configuration);
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan }; // the RPC client has its own limit for each request
        var audit = new InvariantAudit(
            services.GetRequiredService<IAuditReader>(), arguments.NoChain ? null : await ChainAsync(configuration, http, cancellationToken), WindowsOf(configuration), TimeProvider.System);
        var report = await audit.RunAsync(cancellationToken);
        await WriteAsync(output, report);
        return report.Holds ? 0 : Findings;
    }

    /// <exception cref="ArgumentException">There is no broker.</exception>
    private static RabbitMqConnection Broker(IConfiguration configuration)
    {
        var host = configuration.GetSection(HostOptions.Section).Get<HostOptions>() ?? new HostOptions();
        if (host.Transport != BusTransport.RabbitMq && configuration[$"{RabbitMqOptions.Section}:{nameof(RabbitMqOptions.Uri)}"] is null)
        {
            throw new ArgumentException("the embedded stack has no dead letters: what it can't handle stays in its outbox and is tried again (ops stuck shows the job)");
        }

        return new RabbitMqConnection(Options.Create(configuration.GetSection(RabbitMqOptions.Section).Get<RabbitMqOptions>() ?? new RabbitMqOptions()));
    }

    private static ServiceProvider Storage(IConfiguration configuration)
    {
        var storage = configuration.GetSection(StorageOptions.Section);
        var host = configuration.GetSection(HostOptions.Section).Get<HostOptions>() ?? new HostOptions();
        if (storage[nameof(StorageOptions.Provider)] != StorageProviders.Postgres)
        {
            // As the host itself would have it. To look must not make a database.
            storage[nameof(StorageOptions.Path)] ??= Path.Combine(host.DataPath, "hypernode.db");
            if (!File.Exists(storage[nameof(StorageOptions.Path)]))
            {
                throw new ArgumentException($"there is no database {storage[nameof(StorageOptions.Path)]}");
            }
        }

        return new ServiceCollection().AddLogging().AddSingleton(configuration).AddSingleton(TimeProvider.System).AddSingleton<IIdSource, SystemIds>()
            .AddHypernodeStorage(configuration).BuildServiceProvider();
    }

    /// <summary>By addresses alone: an audit opens no key that signs.</summary>
    private static async Task<SolanaChainFacts> ChainAsync(IConfiguration configuration, HttpClient http, CancellationToken cancellationToken)
    {
        var options = configuration.GetSection(SolanaOptions.Section).Get<SolanaOptions>() ?? new SolanaOptions();
        var host = configuration.GetSection(HostOptions.Section).Get<HostOptions>() ?? new HostOptions();
        var own = configuration.GetSection(LocalnetOptions.Section).Get<LocalnetOptions>() is { Start: true } ? await ReadyFile.RpcOfAsync(host.DataPath, cancellationToken) : null;
        var rpc = RpcConnection.Open(http, own is null ? options.Endpoints() : [own], new RpcClientOptions { Timeout = TimeSpan.FromSeconds(options.RequestSeconds) });
        return new SolanaChainFacts(rpc, new FacilitatorProgram(AddressOf("facilitator", options.ProgramKeyPath)), new NodeRegistryProgram(AddressOf("node_registry", "")));
    }

    private static PublicKey AddressOf(string program, string keyPath)
    {
        using var key = KeyFile.Load(ShippedFiles.Find(keyPath, $"programs/keys/{program}-keypair.json"));
        return key.PublicKey;
    }

    private static WorkflowWindows WindowsOf(IConfiguration configuration) =>
        configuration.GetSection(WorkflowWindows.Section).Get<WorkflowWindows>() ?? new WorkflowWindows();

    private static Task WriteAsync<T>(TextWriter output, T report) => output.WriteLineAsync(JsonSerializer.Serialize(report, ContractJson.Options));

    /// <summary>A driver's message may name host and user, and never a password; RabbitMQ's is the reason only one level down.</summary>
    private static string Plain(Exception e) => e is BrokerUnreachableException ? $"the broker can't be reached: {e.GetBaseException().Message}" : e.Message;
}

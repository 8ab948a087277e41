using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Data.Common;
using Hypernode.Host.Chain;
using Hypernode.Host.Embedded;
using Hypernode.Host.Embedded.Adapters;
using Hypernode.Host.Ops;
using Hypernode.Storage;
using Hypernode.Workers.Adapters.Solana;
using Microsoft.Extensions.Options;
using RabbitMQ.Client.Exceptions;
using Serilog;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting.Json;

namespace Hypernode.Host;

internal static class HostProgram
{
    /// <param name="chain">Another chain than Solana; null: Solana.</param>
    public static async Task<int> RunAsync(string[] args, Action<IServiceCollection>? chain = null)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            Console.WriteLine(HostArguments.Help);
            return 0;
        }

        try
        {
            var arguments = HostArguments.Parse(args);
            var builder = Configure(arguments);
            if (arguments.Dead is { } words)
            {
                return await DeadLetterCommand.RunAsync(words, builder.Configuration, Console.Out, CancellationToken.None);
            }

            if (arguments.Node is { } about)
            {
                return await NodeStandingCommand.RunAsync(about, arguments.Reason, builder.Configuration, Console.Out, CancellationToken.None);
            }

            if (arguments.Ops is { } ops)
            {
                return await OpsCommand.RunAsync(ops, builder.Configuration, Console.Out, CancellationToken.None);
            }

            if (arguments.Chain)
            {
                using var loggers = new SerilogLoggerFactory(Log.Logger);
                return await ChainCommand.RunAsync(builder.Configuration, loggers, Console.Out, CancellationToken.None);
            }

            var options = builder.Configuration.GetSection(HostOptions.Section).Get<HostOptions>() ?? new HostOptions();
            Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
            using var localnet = await StartLocalnetAsync(builder.Configuration, options);
            builder.AddHypernodeHost(options, chain);

            await using var app = builder.Build();
            await app.PrepareAsync(options, CancellationToken.None);
            if (arguments.Bootstrap)
            {
                return 0;
            }

            app.MapHypernodeHost(options);
            if (arguments.UntilStdinCloses)
            {
                _ = StopWithParentAsync(app.Lifetime);
            }

            await StartAsync(app);
            await ReadyFile.WriteAsync(app, options);
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or ValidationException or OptionsValidationException
            or MigrationException or ChainSetupException or DbException or BrokerUnreachableException or HttpRequestException or TimeoutException or Win32Exception or IOException)
        {
            // What an operator can mend gets one line; anything else is a bug, and shows its stack.
            await Console.Error.WriteLineAsync($"hypernode-host: {e.Message}");
            return 2;
        }
        finally
        {
            await Log.CloseAndFlushAsync();
        }
    }

    /// <summary>A port that is taken is found out last. What had begun by then (schedulers, connections) would keep the process for ever.</summary>
    private static async Task StartAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.StopAsync();
            throw;
        }
    }

    private static WebApplicationBuilder Configure(HostArguments arguments)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        if (arguments.Config is { } file)
        {
            builder.Configuration.AddJsonFile(file, optional: false);
        }

        builder.Configuration.AddEnvironmentVariables();
        // What bootstrap makes is the same for every role.
        if ((arguments.Roles ?? (arguments.Bootstrap ? "api,sagas,workers" : null)) is { } roles)
        {
            builder.Configuration[$"{HostOptions.Section}:Roles"] = roles;
        }

        var logger = new LoggerConfiguration()
            .MinimumLevel.Information()
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("MassTransit", LogEventLevel.Warning)
            .MinimumLevel.Override("Quartz", LogEventLevel.Warning)
            .ReadFrom.Configuration(builder.Configuration)

            // Whatever the settings say: it would log whole paths, and one of them is a secret (BrokerAuthKey).
            .MinimumLevel.Override("Microsoft.AspNetCore.Hosting.Diagnostics", LogEventLevel.Warning)
            .Enrich.FromLogContext();
        // A command that prints an answer has stdout for itself.
        LogEventLevel? errorsFrom = arguments.Chain || arguments.Node is not null || arguments.Ops is not null ? LogEventLevel.Verbose : null;
        Log.Logger = (arguments.Text
            ? logger.WriteTo.Console(formatProvider: System.Globalization.CultureInfo.InvariantCulture, standardErrorFromLevel: errorsFrom)
            : logger.WriteTo.Console(new JsonFormatter(renderMessage: true), standardErrorFromLevel: errorsFrom)).CreateLogger();
        builder.Logging.ClearProviders();
        builder.Logging.AddSerilog(Log.Logger);
        return builder;
    }

    /// <summary>Before anything else: the chain's address is part of the configuration that all the rest is built on.</summary>
    private static async Task<LocalnetProcess?> StartLocalnetAsync(ConfigurationManager configuration, HostOptions host)
    {
        var options = configuration.GetSection(LocalnetOptions.Section).Get<LocalnetOptions>() ?? new LocalnetOptions();
        if (!options.Start)
        {
            return null;
        }

        if (options.DataPath.Length == 0)
        {
            options.DataPath = Path.Combine(host.DataPath, "ledger");
        }

        var localnet = await LocalnetProcess.StartAsync(options, CancellationToken.None);
        configuration["Hypernode:Chain:RpcUrl"] = localnet.Rpc;
        configuration["Hypernode:Chain:WsUrl"] = localnet.Ws;
        return localnet;
    }

    private static async Task StopWithParentAsync(IHostApplicationLifetime lifetime)
    {
        var buffer = new byte[256];
        await using var input = Console.OpenStandardInput();
        while (await input.ReadAsync(buffer) > 0)
        {
            // What a parent says is of no interest, only that it is there.
        }

        lifetime.StopApplication();
    }
}

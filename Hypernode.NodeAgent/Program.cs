using Hypernode.Contracts.Ports;
using Hypernode.NodeAgent;
using Hypernode.NodeAgent.Adapters.Http;
using Hypernode.NodeAgent.Adapters.Keys;
using Hypernode.NodeAgent.Adapters.RabbitMq;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Leases;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Serilog;
using Serilog.Formatting.Json;

// hypernode-agent --config FILE [--plain] [--Hypernode:Agent:Slots 2 …]
// Options come from the file, then the environment (Hypernode__Agent__Slots), then the command line.
var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
var arguments = args.Where(a => a != "--plain").ToArray();
var commandLine = new ConfigurationBuilder().AddCommandLine(arguments).Build();
if (commandLine["config"] is { } file)
{
    builder.Configuration.AddJsonFile(Path.GetFullPath(file), optional: false);
}

builder.Configuration.AddEnvironmentVariables().AddCommandLine(arguments);
var logging = new LoggerConfiguration().MinimumLevel.Information();
logging = args.Contains("--plain") ? logging.WriteTo.Console() : logging.WriteTo.Console(new JsonFormatter(renderMessage: true));
builder.Logging.AddSerilog(logging.CreateLogger(), dispose: true);

builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddHypernodeNodeAgent();
builder.Services.AddSingleton<INodeSigner>(p => NodeKeyFile.Load(OptionsOf(p).KeyFile));
builder.Services.AddSingleton<INodeBlobs>(p => BlobSource.Create(
    OptionsOf(p), p.GetRequiredService<INodeSigner>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<ApiBlobs>>()));
builder.Services.AddSingleton<IAgentLink>(p => OptionsOf(p).Link == AgentLink.Http
    ? new HttpAgentLink(
        new Uri(OptionsOf(p).Api),
        OptionsOf(p).Node,
        p.GetRequiredService<INodeSigner>(),
        p.GetRequiredService<TimeProvider>(),
        p.GetRequiredService<ILogger<HttpAgentLink>>())
    : new RabbitMqAgentLink(
        new Uri(OptionsOf(p).Broker),
        OptionsOf(p).Node,
        new NodeLogin(OptionsOf(p).Node, OptionsOf(p).Network, p.GetRequiredService<INodeSigner>(), p.GetRequiredService<TimeProvider>()),
        p.GetRequiredService<TimeProvider>(),
        p.GetRequiredService<ILogger<RabbitMqAgentLink>>()));
try
{
    await builder.Build().RunAsync();
    return 0;
}
catch (OptionsValidationException e)
{
    await Console.Error.WriteLineAsync($"hypernode-agent: {string.Join("; ", e.Failures)}");
    return 2;
}
catch (IOException e)
{
    // Such as a data folder that another agent has.
    await Console.Error.WriteLineAsync($"hypernode-agent: {e.Message}");
    return 1;
}

static AgentOptions OptionsOf(IServiceProvider services) => services.GetRequiredService<IOptions<AgentOptions>>().Value;

using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;
using Hypernode.Workers.Adapters.Solana;
using Microsoft.Extensions.Options;

namespace Hypernode.Host.Chain;

/// <summary><c>chain</c>: programs, mints and Config on the chain of the settings, without storage or broker; then every address as one JSON line.</summary>
internal static class ChainCommand
{
    /// <exception cref="ArgumentException">with what is wrong</exception>
    public static async Task<int> RunAsync(IConfiguration configuration, ILoggerFactory loggers, TextWriter output, CancellationToken cancellationToken)
    {
        var options = configuration.GetSection(SolanaOptions.Section).Get<SolanaOptions>() ?? new SolanaOptions();
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        if (options.KeysPath.Length == 0)
        {
            throw new ArgumentException($"chain needs {SolanaOptions.Section}:KeysPath, the folder of the keys");
        }

        var windows = configuration.GetSection(WorkflowWindows.Section).Get<WorkflowWindows>() ?? new WorkflowWindows();
        await using var chain = new SolanaChain(Options.Create(options), Options.Create(windows), TimeProvider.System, loggers, loggers.CreateLogger<SolanaChain>());
        await chain.PrepareAsync(cancellationToken);
        await output.WriteLineAsync(JsonSerializer.Serialize(chain.Addresses, ContractJson.Options));
        return 0;
    }
}

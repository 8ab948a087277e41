using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;

namespace Hypernode.Cli.Ops;

/// <summary>
/// The host program's <c>ops</c>, as a process: it alone knows broker, database and chain, and it is in every image of a
/// deployment. This program adds tables to it, and nothing else.
/// </summary>
internal static class OpsHost
{
    /// <returns>Its exit code and its answer; what it complains of goes to our stderr.</returns>
    /// <exception cref="CliException">It gave no answer.</exception>
    public static async Task<(int Code, JsonObject Answer)> AskAsync(string config, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", [Repository.Find().HostProgram, "ops", .. words, "--log-format", "text", "--config", config])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start) ?? throw new CliException("the host program can't be started");
        string output;
        try
        {
            output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }

        try
        {
            return (process.ExitCode, JsonNode.Parse(output) as JsonObject ?? throw new JsonException());
        }
        catch (JsonException)
        {
            // It has told the reason on stderr.
            throw new CliException("no answer from the host program") { ExitCode = process.ExitCode is ExitCodes.Unavailable or ExitCodes.Usage ? process.ExitCode : ExitCodes.Failed };
        }
    }
}

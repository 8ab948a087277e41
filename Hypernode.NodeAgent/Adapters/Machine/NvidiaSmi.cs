using System.ComponentModel;
using System.Diagnostics;
using Hypernode.NodeAgent.Hardware;

namespace Hypernode.NodeAgent.Adapters.Machine;

/// <summary>
/// The driver's own tool, on the host: a container of our own for each look would take half a second and a slot's worth of memory.
/// A driver in trouble lets it hang, so it has a few seconds.
/// </summary>
public sealed class NvidiaSmi(AgentOptions options, TimeProvider time) : IGpuMonitor
{
    private const int MaxOutput = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<IReadOnlyList<GpuReading>> ReadAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        using var process = Start();
        try
        {
            var said = ReadSomeAsync(process.StandardOutput, both.Token);
            var complained = ReadSomeAsync(process.StandardError, both.Token);
            await process.WaitForExitAsync(both.Token);
            var readings = GpuReading.Parse(await said);
            return process.ExitCode == 0 && readings.Count > 0
                ? readings
                : throw new GpuUnreadableException($"{options.NvidiaSmi} ended with {process.ExitCode} and named {readings.Count} GPUs{Because(await said, await complained)}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new GpuUnreadableException($"{options.NvidiaSmi} did not answer within {Patience.TotalSeconds:0} s");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(options.NvidiaSmi, ["--query-gpu=uuid,memory.used", "--format=csv,noheader,nounits"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            throw new GpuUnreadableException($"{options.NvidiaSmi} can't be run: {e.Message}", e);
        }
    }

    /// <summary>All of it is read, so that it can end; what is too much is not kept.</summary>
    private static async Task<string> ReadSomeAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var kept = new System.Text.StringBuilder();
        var buffer = new char[4_096];
        while (await reader.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            kept.Append(buffer, 0, Math.Min(count, MaxOutput - kept.Length));
        }

        return kept.ToString();
    }

    private static string Because(string said, string complained) =>
        $"{complained} {said}".Trim() is { Length: > 0 } text ? $": {(text.Length <= 200 ? text : text[..200])}" : "";
}

using System.Diagnostics;
using System.Text.Json.Nodes;
using Hypernode.Host.Adapters;

namespace Hypernode.Host.Embedded.Adapters;

/// <summary>The bundled localnet as a child that ends when this process does, however that happens: its standard input closes.</summary>
internal sealed class LocalnetProcess : IDisposable
{
    private readonly Process _process;

    private LocalnetProcess(Process process, string rpc, string ws)
    {
        _process = process;
        Rpc = rpc;
        Ws = ws;
    }

    public string Rpc { get; }

    public string Ws { get; }

    /// <exception cref="InvalidOperationException">Node.js or the script is missing, or it did not start.</exception>
    public static async Task<LocalnetProcess> StartAsync(LocalnetOptions options, CancellationToken cancellationToken)
    {
        var script = ShippedFiles.Find(options.Script, "localnet/main.cjs");
        var start = new ProcessStartInfo("node")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var argument in new[]
        {
            script, "--port", "0", "--data", options.DataPath, "--slot-ms", options.SlotMs.ToString(), "--until-stdin-closes",
        })
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException("node (Node.js 20) can't be started");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            while (await process.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
            {
                if (line.StartsWith('{') && JsonNode.Parse(line) is { } ready && ready["rpc"] is { } rpc)
                {
                    _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None); // keep the pipe empty
                    return new LocalnetProcess(process, rpc.GetValue<string>(), ready["ws"]!.GetValue<string>());
                }
            }
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            process.Kill();
            throw new InvalidOperationException("the localnet did not start within a minute", late);
        }

        throw new InvalidOperationException("the localnet ended before it was ready: run `npm ci` in localnet/ first");
    }

    public void Dispose()
    {
        _process.StandardInput.Dispose();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}

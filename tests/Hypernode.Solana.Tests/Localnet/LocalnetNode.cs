using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace Hypernode.Solana.Tests.Localnet;

/// <summary>
/// The one node of this test run: the one that HYPERNODE_TEST_LOCALNET names, else a child process on a free port with a
/// ledger of its own, which ends, and takes its ledger along, when this process closes its input by ending.
/// </summary>
internal static class LocalnetNode
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    private static readonly Lazy<Task<Uri>> Started = new(() =>
        Environment.GetEnvironmentVariable("HYPERNODE_TEST_LOCALNET") is { Length: > 0 } given ? Task.FromResult(new Uri(given)) : StartAsync([]));

    // Held for the life of this process, and with them the children's inputs.
    private static readonly ConcurrentBag<Process> Nodes = [];

    public static Task<Uri> EndpointAsync() => Started.Value;

    /// <summary>A further node, with options of its own.</summary>
    public static async Task<Uri> StartAsync(params string[] arguments)
    {
        var folder = RepositoryFiles.At("localnet");
        using var patience = new CancellationTokenSource(Patience);
        await InstallAsync(folder, patience.Token);
        var node = Process.Start(new ProcessStartInfo("node", ["main.cjs", "--port", "0", "--until-stdin-closes", .. arguments])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        }) ?? throw new InvalidOperationException("node does not start");
        Nodes.Add(node);
        var ready = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        node.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
            {
                ready.TrySetException(new InvalidOperationException("The localnet ended before it was ready."));
            }
            else if (line.Data.StartsWith('{') && JsonSerializer.Deserialize<JsonElement>(line.Data).TryGetProperty("rpc", out var rpc))
            {
                ready.TrySetResult(new Uri(rpc.GetString()!));
            }
        };
        node.BeginOutputReadLine();
        return await ready.Task.WaitAsync(patience.Token);
    }

    /// <summary>npm ci, once: another test process may be at it right now.</summary>
    private static async Task InstallAsync(string folder, CancellationToken cancellation)
    {
        using var alone = await LockAsync(Path.Combine(Path.GetTempPath(), "hypernode-localnet-install.lock"), cancellation);
        if (File.Exists(Path.Combine(folder, "node_modules", ".package-lock.json")))
        {
            return;
        }

        using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--no-audit", "--no-fund"]) { WorkingDirectory = folder })
            ?? throw new InvalidOperationException("npm does not start");
        await npm.WaitForExitAsync(cancellation);
        npm.ExitCode.ShouldBe(0, "npm ci in localnet/");
    }

    private static async Task<FileStream> LockAsync(string path, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellation);
            }
        }
    }
}

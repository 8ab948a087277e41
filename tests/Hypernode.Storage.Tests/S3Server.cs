using System.Diagnostics;
using Hypernode.Storage.Blobs;

namespace Hypernode.Storage.Tests;

/// <summary>s3rver with a bucket of its own; it ends with the test.</summary>
public sealed class S3Server : IAsyncLifetime
{
    private Process? _server;

    public string Folder { get; } = Directory.CreateTempSubdirectory("hypernode-s3-").FullName;

    public string Url { get; private set; } = "";

    public async Task InitializeAsync()
    {
        var script = Path.Combine(Scripts(), "server.cjs");
        if (!Directory.Exists(Path.Combine(Scripts(), "node_modules")))
        {
            throw new InvalidOperationException($"s3rver is not installed: npm ci in {Scripts()}");
        }

        _server = Process.Start(new ProcessStartInfo("node", [script, Path.Combine(Folder, "server")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var port = await _server.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30))
            ?? throw new InvalidOperationException("s3rver did not start");
        Url = $"http://127.0.0.1:{port}";
    }

    public async Task DisposeAsync()
    {
        _server!.StandardInput.Close();
        await _server.WaitForExitAsync();
        _server.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>The objects' own files, beside which the server keeps what it knows of them.</summary>
    public IEnumerable<string> Objects() => Directory.EnumerateFiles(Path.Combine(Folder, "server", "blobs"), "*_object", SearchOption.AllDirectories);

    internal S3BlobStore Store(string secret = "S3RVER", string bucket = "blobs", string? url = null)
    {
        var keys = Path.Combine(Folder, Path.GetRandomFileName());
        File.WriteAllText(keys, $"S3RVER\n{secret}\n");
        var options = new S3Options { ServiceUrl = url ?? Url, Bucket = bucket, PathStyle = true, KeyFile = keys, SpoolPath = Path.Combine(Folder, "spool") };
        return new S3BlobStore(S3Clients.Create(options), options, TimeProvider.System);
    }

    private static string Scripts()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Hypernode.slnx")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return Path.Combine(folder, "tests", "Hypernode.Storage.Tests", "s3");
    }
}

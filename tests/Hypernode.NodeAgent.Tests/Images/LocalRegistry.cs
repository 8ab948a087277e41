using System.Diagnostics;
using System.Formats.Tar;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests.Images;

/// <summary>A registry on a loopback port (Debian's docker-registry), with images that the engine no longer has.</summary>
public sealed class LocalRegistry : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-registry-").FullName;
    private readonly HttpClient _engine = EngineClient();
    private readonly HttpClient _http = new();
    private readonly List<string> _made = [];
    private Process? _process;

    public int Port { get; } = FreePort();

    /// <summary>Where the registry keeps what it serves.</summary>
    public string Storage => Path.Combine(_folder, "data");

    public async Task InitializeAsync()
    {
        var config = Path.Combine(_folder, "config.yml");
        await File.WriteAllTextAsync(
            config,
            $"version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem: {{rootdirectory: {Storage}}}\n  delete: {{enabled: true}}\nhttp: {{addr: 127.0.0.1:{Port}}}\n");
        _process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", config]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("docker-registry is needed");
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        for (var patience = 200; ; patience--)
        {
            try
            {
                (await _http.GetAsync($"http://127.0.0.1:{Port}/v2/")).EnsureSuccessStatusCode();
                return;
            }
            catch (HttpRequestException) when (patience > 0 && !_process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    public async Task DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        foreach (var reference in _made)
        {
            await ForgetAsync(reference);
        }

        _process?.Dispose();
        _http.Dispose();
        _engine.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A new image with a shell and <paramref name="bytes"/> that can't be packed; <c>name@digest</c>.</summary>
    public async Task<string> PublishAsync(int bytes = 1_000)
    {
        var name = $"127.0.0.1:{Port}/t{TestKit.NewId():N}";
        using var tar = new StreamContent(await MakeAsync(bytes));
        tar.Headers.ContentType = new("application/x-tar");
        using var import = await _engine.PostAsync($"images/create?fromSrc=-&repo={Uri.EscapeDataString(name)}&tag=x&changes=ENV%20PATH%3D%2Fbin", tar);
        import.EnsureSuccessStatusCode();
        await import.Content.ReadAsStringAsync();

        using var push = new HttpRequestMessage(HttpMethod.Post, $"images/{Uri.EscapeDataString(name)}/push?tag=x") { Content = JsonContent.Create(new JsonObject()) };
        push.Headers.Add("X-Registry-Auth", "e30=");
        using var pushed = await _engine.SendAsync(push);
        var said = await pushed.Content.ReadAsStringAsync();
        var digest = said.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0).Select(l => JsonNode.Parse(l)?["aux"]?["Digest"]?.GetValue<string>()).FirstOrDefault(d => d is not null);
        digest.ShouldNotBeNull(said);
        await ForgetAsync($"{name}:x");
        _made.Add($"{name}@{digest}");
        await ForgetAsync($"{name}@{digest}");
        return $"{name}@{digest}";
    }

    public async Task<bool> IsHereAsync(string reference) =>
        (await _engine.GetAsync($"images/{Uri.EscapeDataString(reference)}/json")).StatusCode == HttpStatusCode.OK;

    public async Task PullAsOperatorAsync(string reference)
    {
        using var answer = await _engine.PostAsync($"images/create?fromImage={Uri.EscapeDataString(reference)}", null);
        await answer.Content.ReadAsStringAsync();
        (await IsHereAsync(reference)).ShouldBeTrue();
    }

    public async Task ForgetAsync(string reference) => (await _engine.DeleteAsync($"images/{Uri.EscapeDataString(reference)}?force=1")).Dispose();

    /// <summary>The largest file that the registry serves for the image: its layer.</summary>
    public async Task<string> LayerFileAsync(string reference)
    {
        var (name, digest) = (reference.Split('/')[1].Split('@')[0], reference.Split('@')[1]);
        using var ask = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{Port}/v2/{name}/manifests/{digest}");
        ask.Headers.Accept.ParseAdd("application/vnd.docker.distribution.manifest.v2+json");
        var manifest = JsonNode.Parse(await (await _http.SendAsync(ask)).Content.ReadAsStringAsync())!;
        var hash = manifest["layers"]![0]!["digest"]!.GetValue<string>()["sha256:".Length..];
        return Path.Combine(Storage, "docker/registry/v2/blobs/sha256", hash[..2], hash, "data");
    }

    private static async Task<MemoryStream> MakeAsync(int bytes)
    {
        var memory = new MemoryStream();
        await using (var tar = new TarWriter(memory, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var folder in (string[])["bin", "tmp", "in", "out", "dev", "proc", "sys"])
            {
                await tar.WriteEntryAsync(new UstarTarEntry(TarEntryType.Directory, folder) { Mode = (UnixFileMode)0b111_101_101 });
            }

            await tar.WriteEntryAsync("/bin/busybox", "bin/busybox");
            foreach (var applet in (string[])["sh", "sleep", "cat"])
            {
                await tar.WriteEntryAsync(new UstarTarEntry(TarEntryType.SymbolicLink, $"bin/{applet}") { LinkName = "busybox" });
            }

            await tar.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, "pad") { DataStream = new MemoryStream(RandomNumberGenerator.GetBytes(bytes)) });
        }

        memory.Position = 0;
        return memory;
    }

    private static HttpClient EngineClient()
    {
        var path = (Environment.GetEnvironmentVariable("DOCKER_HOST") ?? throw new InvalidOperationException("DOCKER_HOST is not set: eng/engine.sh start prints it"))["unix://".Length..];
        return new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://engine/") };
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

using System.Formats.Tar;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <summary>Images that a stranger built to harm who runs them: busybox, and whatever the attack needs.</summary>
public sealed class HostileImage : IDisposable
{
    private readonly HttpClient _engine;
    private readonly List<string> _ids = [];

    public HostileImage()
    {
        Plain = new JobImage().Id;
        var socket = Environment.GetEnvironmentVariable("DOCKER_HOST")!["unix://".Length..];
        _engine = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await client.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
                return new NetworkStream(client, ownsSocket: true);
            },
        }) { BaseAddress = new Uri("http://engine/") };
    }

    /// <summary>The ordinary image.</summary>
    public string Plain { get; }

    /// <summary>The id of a new image.</summary>
    /// <param name="write">Adds files to a root that has busybox and the usual folders.</param>
    /// <param name="replaced">What <paramref name="write"/> puts something else in the place of.</param>
    /// <param name="changes">Dockerfile lines: ENV, VOLUME, LABEL …</param>
    public async Task<string> BuildAsync(Action<TarWriter>? write = null, string? replaced = null, params string[] changes)
    {
        using var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var folder in ((string[])["bin", "etc", "dev", "proc", "sys", "tmp", "in", "out"]).Where(f => f != replaced))
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.Directory, folder + "/") { Mode = (UnixFileMode)(folder == "tmp" ? 0b001_111_111_111 : 0b111_101_101) });
            }

            Add(writer, "bin/busybox", await File.ReadAllBytesAsync("/bin/busybox"), 0b111_101_101);
            foreach (var applet in ((string[])["sh", "cat", "echo", "ls", "id", "env", "grep", "touch", "stat", "mount", "su", "sleep"]).Where(a => "bin/" + a != replaced))
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "bin/" + applet) { LinkName = "busybox" });
            }

            write?.Invoke(writer);
        }

        var query = string.Concat(changes.Prepend("ENV PATH=/bin").Select(c => "&changes=" + Uri.EscapeDataString(c)));
        var tag = TestKit.NewId().ToString("N");
        using var content = new ByteArrayContent(tar.ToArray());
        using var answer = await _engine.PostAsync($"images/create?fromSrc=-&repo=hypernode-abuse&tag={tag}{query}", content);
        var text = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        text.ShouldNotContain("errorDetail");
        var found = JsonNode.Parse(await _engine.GetStringAsync($"images/hypernode-abuse:{tag}/json"))!;
        _ids.Add(found["Id"]!.GetValue<string>());
        return _ids[^1];
    }

    public static void Add(TarWriter writer, string name, byte[] content, int mode) =>
        writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { Mode = (UnixFileMode)mode, DataStream = new MemoryStream(content) });

    public static void Add(TarWriter writer, string name, string content, int mode = 0b110_100_100) => Add(writer, name, Encoding.UTF8.GetBytes(content), mode);

    /// <summary>Names of the engine's volumes.</summary>
    public async Task<IReadOnlyList<string>> VolumesAsync() =>
        [.. (JsonNode.Parse(await _engine.GetStringAsync("volumes"))?["Volumes"] as JsonArray ?? []).Select(v => v!["Name"]!.GetValue<string>())];

    public void Dispose()
    {
        foreach (var id in _ids)
        {
            _engine.DeleteAsync($"images/{id}?force=1").GetAwaiter().GetResult().Dispose();
        }

        _engine.Dispose();
    }
}

using System.Text;
using Hypernode.NodeAgent.Adapters.Docker;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests;

/// <summary>A container's log as a real engine gives it.</summary>
[Trait("Needs", "docker")]
public sealed class DockerLogTests(JobImage image) : IClassFixture<JobImage>, IDisposable
{
    private readonly TestKit _kit = new();
    private readonly DockerEngine _engine = new(new AgentOptions());

    public void Dispose()
    {
        _engine.Dispose();
        _kit.Dispose();
    }

    [Fact]
    public async Task Whoever_reads_an_ended_containers_log_to_its_end_is_told_so_and_reads_the_same_each_time()
    {
        var id = await StartAsync("seq 1 20000; head -c 10000 /dev/zero | tr '\\0' x; echo; echo done >&2");
        try
        {
            var live = await ReadAsync(id, follow: true);
            await _engine.WaitAsync(id, default);
            var again = await ReadAsync(id, follow: true);
            var plain = await ReadAsync(id, follow: false);

            again.Whole.ShouldBeTrue();
            plain.Whole.ShouldBeFalse();
            plain.Stdout.ShouldBe(string.Concat(Enumerable.Range(1, 20_000).Select(i => $"{i}\n")) + new string('x', 10_000) + "\n");
            plain.Stderr.ShouldBe("done\n");
            (again.Stdout, again.Stderr).ShouldBe((plain.Stdout, plain.Stderr));
            plain.Stdout.ShouldStartWith(live.Stdout);
            if (live.Whole)
            {
                (live.Stdout, live.Stderr).ShouldBe((plain.Stdout, plain.Stderr));
            }
        }
        finally
        {
            await _engine.RemoveAsync(id, default);
        }
    }

    [Fact]
    public async Task A_log_with_nothing_in_it_is_whole()
    {
        var id = await StartAsync("true");
        try
        {
            await _engine.WaitAsync(id, default);
            (await ReadAsync(id, follow: true)).ShouldBe(("", "", true));
        }
        finally
        {
            await _engine.RemoveAsync(id, default);
        }
    }

    /// <summary>Many times, with the first word at once: what is heard must not depend on who is quicker.</summary>
    [Fact]
    public async Task Output_that_is_listened_to_is_whole_byte_for_byte_and_the_log_has_the_same_in_each_stream()
    {
        const string Script = "printf 'first\\n\\n'; seq 1 20000; cat /in/noise; echo; (echo oh; printf end) >&2; printf '\\377\\000\\r'";
        var noise = new byte[40_000];
        new Random(7).NextBytes(noise);
        for (var round = 0; round < 5; round++)
        {
            var id = await CreateAsync(Script, noise);
            try
            {
                await using var output = await _engine.ListenAsync(id, default);
                await _engine.StartAsync(id, default);
                var heard = await ReadAsync(output.ShouldNotBeNull().ReadAsync(default));
                heard.Whole.ShouldBeTrue();
                byte[] numbers = [.. "first\n\n"u8, .. Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(1, 20_000).Select(i => $"{i}\n")))];
                heard.Stdout.AsSpan().SequenceEqual((byte[])[.. numbers, .. noise, (byte)'\n', 255, 0, (byte)'\r']).ShouldBeTrue($"{heard.Stdout.Length} bytes heard");
                heard.Stderr.ShouldBe("oh\nend"u8.ToArray());

                var log = await ReadAsync(_engine.ReadLogsAsync(id, follow: false, default));
                log.Stdout.AsSpan().SequenceEqual(heard.Stdout).ShouldBeTrue($"{log.Stdout.Length} bytes in the log");
                log.Stderr.ShouldBe(heard.Stderr);
            }
            finally
            {
                await _engine.RemoveAsync(id, default);
            }
        }
    }

    private async Task<string> StartAsync(string script)
    {
        var id = await CreateAsync(script);
        await _engine.StartAsync(id, default);
        return id;
    }

    private async Task<string> CreateAsync(string script, byte[]? noise = null)
    {
        var (inputs, outputs) = (Path.Combine(_kit.Folder, "in"), Path.Combine(_kit.Folder, "out"));
        Directory.CreateDirectory(inputs);
        Directory.CreateDirectory(outputs);
        await File.WriteAllTextAsync(Path.Combine(inputs, ".script"), script);
        await File.WriteAllBytesAsync(Path.Combine(inputs, "noise"), noise ?? []);
        var plan = new ContainerPlan(
            $"hypernode-log-{TestKit.NewId():N}", new ImageFound(image.Id, image.Id, []), Script: true, [], inputs, outputs, 100, 32, new Dictionary<string, string>());
        return await _engine.CreateAsync(plan, default);
    }

    private async Task<(string Stdout, string Stderr, bool Whole)> ReadAsync(string id, bool follow)
    {
        var (output, error, whole) = await ReadAsync(_engine.ReadLogsAsync(id, follow, default));
        return (Encoding.UTF8.GetString(output), Encoding.UTF8.GetString(error), whole);
    }

    private static async Task<(byte[] Stdout, byte[] Stderr, bool Whole)> ReadAsync(IAsyncEnumerable<LogPiece> pieces)
    {
        var (output, error, whole) = (new MemoryStream(), new MemoryStream(), false);
        await foreach (var piece in pieces)
        {
            whole = piece.IsEnd;
            (piece.Stream == "stderr" ? error : output).Write(piece.Data.Span);
        }

        return (output.ToArray(), error.ToArray(), whole);
    }
}

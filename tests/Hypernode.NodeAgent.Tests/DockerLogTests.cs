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

    private async Task<string> StartAsync(string script)
    {
        var (inputs, outputs) = (Path.Combine(_kit.Folder, "in"), Path.Combine(_kit.Folder, "out"));
        Directory.CreateDirectory(inputs);
        Directory.CreateDirectory(outputs);
        await File.WriteAllTextAsync(Path.Combine(inputs, ".script"), script);
        var plan = new ContainerPlan(
            $"hypernode-log-{TestKit.NewId():N}", new ImageFound(image.Id, image.Id, []), Script: true, [], inputs, outputs, 100, 32, new Dictionary<string, string>());
        var id = await _engine.CreateAsync(plan, default);
        await _engine.StartAsync(id, default);
        return id;
    }

    private async Task<(string Stdout, string Stderr, bool Whole)> ReadAsync(string id, bool follow)
    {
        var (output, error, whole) = (new StringBuilder(), new StringBuilder(), false);
        await foreach (var piece in _engine.ReadLogsAsync(id, follow, default))
        {
            whole = piece.IsEnd;
            (piece.Stream == "stderr" ? error : output).Append(Encoding.UTF8.GetString(piece.Data.Span));
        }

        return (output.ToString(), error.ToString(), whole);
    }
}

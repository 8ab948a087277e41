using System.Text;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.NodeAgent.Tests;

/// <summary>The whole agent on a real engine. DOCKER_HOST says where it is (see eng/engine.sh).</summary>
[Trait("Needs", "docker")]
public sealed class DockerTests(JobImage image) : IClassFixture<JobImage>, IDisposable
{
    private readonly TestKit _kit = new();

    public void Dispose() => _kit.Dispose();

    [Fact]
    public async Task A_job_reads_its_input_writes_its_output_and_ends_in_a_signed_receipt()
    {
        var input = _kit.Blobs.Add("three\nshort\nlines\n"u8.ToArray());
        var (command, reported) = await RunAsync(
            "echo counting; echo careful >&2; wc -l < /in/data.txt > /out/lines; mkdir /out/sub; echo deep > /out/sub/deep; echo over",
            inputs: [new JobInput("data.txt", input, 18)]);

        _kit.ShouldBeProper(reported, command);
        var receipt = reported.Receipt;
        receipt.ExitCode.ShouldBe(0);
        receipt.TimedOut.ShouldBeFalse();
        receipt.OutOfMemory.ShouldBeFalse();
        receipt.ImageDigest.ShouldBe(image.Id);
        receipt.InputRoot.ShouldBe(Receipt.RootOf(command.Spec.Inputs!));
        receipt.Artifacts.Select(a => a.Name).ShouldBe(["lines", "sub/deep"]);
        _kit.Blobs.Text(receipt.Artifacts[0].Sha256).Trim().ShouldBe("3");
        _kit.Link.Text("stdout").ShouldBe("counting\nover\n");
        _kit.Link.Text("stderr").ShouldBe("careful\n");
        _kit.Link.Text("agent").ShouldContain("attempt 1 started");
        _kit.Link.Text("agent").ShouldContain("exit code 0");
        (receipt.EndedAt - receipt.StartedAt).ShouldBeInRange(0, 20_000);

        // Order: started, then beats, every chunk before the last beat, the last beat before the report.
        var received = _kit.Link.Received.ToList();
        var lastBeat = received.FindLastIndex(m => m is Beat b && b.Leases.Any(l => l.Ended));
        lastBeat.ShouldBeGreaterThan(received.FindLastIndex(m => m is LogChunks));
        lastBeat.ShouldBeLessThan(received.IndexOf(reported));
    }

    [Fact]
    public async Task The_sandbox_gives_no_network_no_root_no_capabilities_and_a_read_only_world()
    {
        const string Probe = """
            id -u; id -g
            grep -E '^(CapEff|CapPrm|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status
            touch /etc/x 2>/dev/null && echo ROOTFS-WRITABLE
            touch /in/x 2>/dev/null && echo IN-WRITABLE
            ls /sys/class/net
            wget -q -O- http://1.1.1.1/ 2>/dev/null && echo NETWORK
            touch /tmp/ok && echo tmp-writable
            cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null
            cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null
            mount | grep -c docker.sock
            """;
        var (_, reported) = await RunAsync(Probe);

        var lines = _kit.Link.Text("stdout").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        lines[0].ShouldBe("65532");
        lines[1].ShouldBe("65532");
        lines.ShouldContain("CapEff:\t0000000000000000");
        lines.ShouldContain("CapBnd:\t0000000000000000");
        lines.ShouldContain("NoNewPrivs:\t1");
        lines.ShouldContain("Seccomp:\t2");
        lines.ShouldContain("lo");
        lines.ShouldNotContain(l => l.StartsWith("eth", StringComparison.Ordinal));
        lines.ShouldNotContain("ROOTFS-WRITABLE");
        lines.ShouldNotContain("IN-WRITABLE");
        lines.ShouldNotContain("NETWORK");
        lines.ShouldContain("tmp-writable");
        lines.ShouldContain((64L << 20).ToString());
        lines.ShouldContain("256");
        reported.Receipt.Artifacts.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_job_that_takes_too_much_memory_is_out_of_memory()
    {
        var (command, reported) = await RunAsync("x=$(head -c 200000000 /dev/zero | tr '\\0' 'a'); echo ${#x}", memoryMb: 32);

        _kit.ShouldBeProper(reported, command);
        reported.Receipt.OutOfMemory.ShouldBeTrue();
        reported.Receipt.ExitCode.ShouldNotBe(0);
        reported.Receipt.TimedOut.ShouldBeFalse();
    }

    [Fact]
    public async Task A_fork_bomb_meets_the_limit_of_processes()
    {
        var (_, reported) = await RunAsync("i=0; while [ $i -lt 400 ]; do sleep 5 & i=$((i+1)); done; echo all-forked", runLimitMs: 4_000);

        _kit.Link.Text("stdout").ShouldNotContain("all-forked");
        reported.Receipt.ExitCode.ShouldNotBe(0);
    }

    [Fact]
    public async Task A_job_past_its_run_limit_is_ended_even_when_it_ignores_the_first_signal()
    {
        var (command, reported) = await RunAsync("trap '' TERM; echo stubborn; while :; do sleep 1; done", runLimitMs: 1_500);

        _kit.ShouldBeProper(reported, command);
        reported.Receipt.TimedOut.ShouldBeTrue();
        reported.Receipt.ExitCode.ShouldBe(137);
        (reported.Receipt.EndedAt - reported.Receipt.StartedAt).ShouldBeInRange(1_500, 8_000);
        _kit.Link.Text("stdout").ShouldBe("stubborn\n");
    }

    [Fact]
    public async Task A_job_can_not_write_more_than_its_output_quota()
    {
        var (command, reported) = await RunAsync(
            "head -c 3000000 /dev/zero > /out/fits && echo fits; head -c 30000000 /dev/zero > /out/large || echo refused", outputMb: 4);

        _kit.ShouldBeProper(reported, command);
        _kit.Link.Text("stdout").ShouldBe("fits\nrefused\n");
        reported.Receipt.Artifacts.Select(a => a.Name).ShouldBe(["fits"]);
        _kit.Link.Text("agent").ShouldContain("large");
    }

    [Fact]
    public async Task Symlinks_pipes_and_sparse_giants_are_not_taken_as_output()
    {
        var (command, reported) = await RunAsync(
            "ln -s /etc/passwd /out/link; mkfifo /out/pipe; echo real > /out/a-file; ln /out/a-file /out/b-again; dd if=/dev/zero of=/out/z-sparse bs=1 count=1 seek=2000000000 2>/dev/null");

        _kit.ShouldBeProper(reported, command);
        reported.Receipt.Artifacts.Count.ShouldBe(1);
        var said = _kit.Link.Text("agent");
        said.ShouldContain("link is not taken: it is a symlink");
        said.ShouldContain("pipe is not taken");
        said.ShouldContain("z-sparse");
    }

    [Fact]
    public async Task An_image_that_the_engine_does_not_have_and_a_tag_are_declined()
    {
        await using var agent = await StartAsync();
        foreach (var bad in (string[])["sha256:" + new string('0', 64), "busybox:latest", "busybox@sha256:" + new string('1', 64)])
        {
            var command = Command("true") with { };
            var spec = command.Spec with { Image = bad };
            command = command with { Spec = spec, SpecHash = spec.Hash() };
            _kit.Link.Command(command);
            (await _kit.Link.WaitForAsync<AttemptDeclined>(d => d.JobId == command.JobId)).Reason.ShouldBe("image-unavailable");
        }
    }

    [Fact]
    public async Task A_crashed_agent_adopts_its_container_and_goes_on_with_the_same_chain()
    {
        var command = Command("i=0; while [ $i -lt 30 ]; do echo line $i; [ $((i % 7)) = 0 ] && echo err $i >&2; i=$((i+1)); sleep 0.1; done; echo ok > /out/done");
        await using (var first = await StartAsync())
        {
            _kit.Link.Command(command);
            await Wait.UntilAsync(() => _kit.Link.Text("stdout").Contains("line 5", StringComparison.Ordinal));
            await first.SimulateCrash();
        }

        _kit.Link.Received.ShouldNotContain(m => m is AttemptReported);
        await using var second = await StartAsync();
        var reported = await _kit.Link.WaitForAsync<AttemptReported>();

        _kit.ShouldBeProper(reported, command);
        reported.Receipt.ExitCode.ShouldBe(0);
        _kit.Link.Text("stdout").ShouldBe(string.Concat(Enumerable.Range(0, 30).Select(i => $"line {i}\n")));
        _kit.Link.Text("agent").ShouldContain("adopted");
        reported.Receipt.Artifacts.Single().Name.ShouldBe("done");
        await second.StopAsync(default);
        (await LeftOversAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_container_that_ended_while_the_agent_was_away_is_reported_with_its_true_times()
    {
        var command = Command("sleep 1; echo late; echo x > /out/x");
        await using (var first = await StartAsync())
        {
            _kit.Link.Command(command);
            await _kit.Link.WaitForAsync<AttemptStarted>();
            await first.SimulateCrash();
        }

        using var engine = new Adapters.Docker.DockerEngine(_kit.Options);
        var container = (await engine.ListAsync(ContainerLabels.Agent, _kit.Node.ToString(), default)).Single();
        await engine.WaitAsync(container.Id, default);
        await using var second = await StartAsync();
        var reported = await _kit.Link.WaitForAsync<AttemptReported>();

        _kit.ShouldBeProper(reported, command);
        _kit.Link.Text("stdout").ShouldBe("late\n");
        (reported.Receipt.EndedAt - reported.Receipt.StartedAt).ShouldBeInRange(900, 5_000);
        reported.Receipt.Artifacts.Single().Name.ShouldBe("x");
    }

    [Fact]
    public async Task A_container_that_was_killed_with_its_machine_is_declined_by_the_next_agent()
    {
        var command = Command("sleep 30");
        await using (var first = await StartAsync())
        {
            _kit.Link.Command(command);
            await _kit.Link.WaitForAsync<AttemptStarted>();
            await first.SimulateMachineDeath(default);
        }

        (await LeftOversAsync()).ShouldBe(0);
        File.ReadAllText("/proc/self/mounts").ShouldNotContain(_kit.Folder);
        await using var second = await StartAsync();
        (await _kit.Link.WaitForAsync<AttemptDeclined>()).Reason.ShouldBe("engine-unavailable");
    }

    [Fact]
    public async Task An_agent_of_a_stack_that_is_thrown_away_leaves_neither_container_nor_mount()
    {
        var options = _kit.Options;
        options.EndJobsAtStop = true;
        await using var agent = await StartAsync(options);
        _kit.Link.Command(Command("sleep 30"));
        await _kit.Link.WaitForAsync<AttemptStarted>();
        await agent.StopAsync(default);

        (await LeftOversAsync()).ShouldBe(0);
        File.ReadAllText("/proc/self/mounts").ShouldNotContain(_kit.Folder);
    }

    [Fact]
    public async Task Output_without_line_ends_and_without_valid_text_arrives_byte_for_byte()
    {
        var (command, reported) = await RunAsync("head -c 300000 /dev/zero | tr '\\0' '\\377'; printf 'end'");

        _kit.ShouldBeProper(reported, command);
        var bytes = _kit.Link.StoredChunks().Where(c => c.Stream == "stdout").SelectMany(c => c.Data).ToArray();
        bytes.Length.ShouldBe(300_003);
        bytes.Take(300_000).ShouldAllBe(b => b == 0xff);
        Encoding.ASCII.GetString(bytes[^3..]).ShouldBe("end");
    }

    private async Task<(ExecuteJob Command, AttemptReported Reported)> RunAsync(
        string script, int memoryMb = 64, int outputMb = 8, int runLimitMs = 20_000, IReadOnlyList<JobInput>? inputs = null)
    {
        await using var agent = await StartAsync();
        var command = Command(script, memoryMb, outputMb, runLimitMs, inputs);
        _kit.Link.Command(command);
        var reported = await _kit.Link.WaitForAsync<AttemptReported>(seconds: 40);
        await Wait.UntilAsync(() => agent.OpenAttempts == 0);
        (await LeftOversAsync()).ShouldBe(0);
        Directory.EnumerateFileSystemEntries(Path.Combine(_kit.Folder, "attempts")).ShouldBeEmpty();
        return (command, reported);
    }

    private ExecuteJob Command(string script, int memoryMb = 64, int outputMb = 8, int runLimitMs = 20_000, IReadOnlyList<JobInput>? inputs = null) =>
        _kit.Execute(
            new JobSpec(JobType.Custom, image.Id, new JobLimits(1_000, memoryMb, OutputMb: outputMb), 5, Script: script, Inputs: inputs),
            TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
            runLimitMs: runLimitMs);

    private async Task<AgentService> StartAsync(AgentOptions? options = null)
    {
        var agent = await AgentRegistration.CreateAsync(
            options ?? _kit.Options, _kit.Link, _kit.Blobs, _kit.Signer, TimeProvider.System, NullLoggerFactory.Instance, default);
        await agent.StartAsync(default);
        return agent;
    }

    private async Task<int> LeftOversAsync()
    {
        using var engine = new Adapters.Docker.DockerEngine(_kit.Options);
        return (await engine.ListAsync(ContainerLabels.Agent, _kit.Node.ToString(), default)).Count;
    }
}

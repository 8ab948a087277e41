using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.NodeAgent.Tests;

/// <summary>The unsandboxed runtime keeps the same promises, but for the sandbox.</summary>
public sealed class ProcessRuntimeTests : IDisposable
{
    private readonly TestKit _kit = new();

    public void Dispose() => _kit.Dispose();

    [Fact]
    public async Task A_script_runs_reads_its_input_and_leaves_its_output()
    {
        var input = _kit.Blobs.Add("a\nb\n"u8.ToArray());
        await using var agent = await StartAsync();
        var command = Command("wc -l < $HYPERNODE_IN/x > $HYPERNODE_OUT/n; ln -s /etc/passwd $HYPERNODE_OUT/l; echo out; echo err >&2; exit 7", [new JobInput("x", input, 4)]);
        _kit.Link.Command(command);
        var reported = await _kit.Link.WaitForAsync<AttemptReported>();

        _kit.ShouldBeProper(reported, command);
        reported.Receipt.ExitCode.ShouldBe(7);
        _kit.Blobs.Text(reported.Receipt.Artifacts.Single().Sha256).Trim().ShouldBe("2");
        _kit.Link.Text("stdout").ShouldBe("out\nerr\n");
        _kit.Link.Text("agent").ShouldContain("UNSANDBOXED");
        await Wait.UntilAsync(() => agent.OpenAttempts == 0);
        Directory.EnumerateDirectories(Path.Combine(_kit.Folder, "processes")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_process_outlives_its_agent_and_is_adopted()
    {
        var command = Command("i=0; while [ $i -lt 15 ]; do echo $i; i=$((i+1)); sleep 0.1; done");
        await using (var first = await StartAsync())
        {
            _kit.Link.Command(command);
            await Wait.UntilAsync(() => _kit.Link.Text("stdout").Contains('3', StringComparison.Ordinal));
            await first.SimulateCrash();
        }

        await using var second = await StartAsync();
        _kit.ShouldBeProper(await _kit.Link.WaitForAsync<AttemptReported>(), command);
        _kit.Link.Text("stdout").ShouldBe(string.Concat(Enumerable.Range(0, 15).Select(i => $"{i}\n")));
    }

    [Theory]
    [InlineData("sleep 30", 143)]
    [InlineData("trap '' TERM; while :; do sleep 1; done", 137)]
    public async Task The_run_limit_ends_it_and_everything_that_it_started(string script, int exitCode)
    {
        await using var agent = await StartAsync();
        var command = Command(script, runLimitMs: 1_000);
        _kit.Link.Command(command);
        var reported = await _kit.Link.WaitForAsync<AttemptReported>();

        _kit.ShouldBeProper(reported, command);
        reported.Receipt.TimedOut.ShouldBeTrue();
        reported.Receipt.ExitCode.ShouldBe(exitCode);
    }

    [Fact]
    public async Task A_job_that_fills_its_output_folder_is_ended()
    {
        await using var agent = await StartAsync();
        var command = Command("head -c 5000000 /dev/zero > $HYPERNODE_OUT/big; sleep 30");
        _kit.Link.Command(command);
        var reported = await _kit.Link.WaitForAsync<AttemptReported>();

        reported.Receipt.ExitCode.ShouldBe(143);
        reported.Receipt.Artifacts.ShouldBeEmpty();
        _kit.Link.Text("agent").ShouldContain("more than 1 MiB");
    }

    private ExecuteJob Command(string script, IReadOnlyList<JobInput>? inputs = null, int runLimitMs = 20_000)
    {
        var spec = new JobSpec(JobType.Custom, "sha256:" + new string('1', 64), new JobLimits(1_000, 64, OutputMb: 1), 5, Script: script, Inputs: inputs);
        return _kit.Execute(spec, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), runLimitMs: runLimitMs);
    }

    private async Task<AgentService> StartAsync()
    {
        var options = _kit.Options;
        options.Runtime = AgentRuntime.Process;
        options.AllowUnsandboxed = true;
        var agent = await AgentRegistration.CreateAsync(
            options, _kit.Link, _kit.Blobs, _kit.Signer, TimeProvider.System, NullLoggerFactory.Instance, default);
        await agent.StartAsync(default);
        return agent;
    }
}

using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Tests.Abuse;
using Hypernode.NodeAgent.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.NodeAgent.Tests;

/// <summary>The engine is killed with SIGKILL under a running job and started again, with and without the agent beside it.</summary>
[Trait("Needs", "docker")]
public sealed class EngineRestartTests(PrivateEngine engine) : IClassFixture<PrivateEngine>, IDisposable
{
    private readonly TestKit _kit = new();

    public void Dispose() => _kit.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task With_live_restore_the_job_is_seen_to_its_end(bool withTheAgent)
    {
        var command = Command("i=0; while [ $i -lt 40 ]; do echo $i; i=$((i+1)); sleep 0.1; done; echo whole > /out/whole");
        await using var agent = await UnderARunningJobAsync(command, withTheAgent, liveRestore: true);
        var reported = await _kit.Link.WaitForAsync<AttemptReported>(seconds: 40);

        _kit.ShouldBeProper(reported, command);
        _kit.Link.Text("stdout").ShouldBe(string.Concat(Enumerable.Range(0, 40).Select(i => $"{i}\n")));
        reported.Receipt.Artifacts.Single().Name.ShouldBe("whole");
        var (judgement, charge) = ControlPlane.Judge(_kit, command, reported);
        judgement.Verdict.ShouldBe(Verdict.Succeeded, string.Join(", ", judgement.Failed));
        charge.BaseUnits.ShouldBeGreaterThan(0UL);
    }

    /// <summary>The engine asks its old containers to end, and this one ends as if all were well.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_it_the_engine_ends_the_job_and_neither_the_job_nor_the_payer_is_to_blame(bool withTheAgent)
    {
        var command = Command("trap 'exit 0' TERM; i=0; while [ $i -lt 300 ]; do echo $i; i=$((i+1)); sleep 0.1; done");
        await using var agent = await UnderARunningJobAsync(command, withTheAgent, liveRestore: false);
        var declined = await _kit.Link.WaitForAsync<AttemptDeclined>(seconds: 40);

        declined.Reason.ShouldBe("engine-unavailable");
        declined.Detail.ShouldContain("live-restore");
        await Wait.UntilAsync(() => agent.OpenAttempts == 0);
        _kit.Link.Received.ShouldNotContain(m => m is AttemptReported);
        using var client = new Adapters.Docker.DockerEngine(Options());
        (await client.ListAsync(Execution.ContainerLabels.Agent, _kit.Node.ToString(), default)).ShouldBeEmpty();
    }

    private async Task<AgentService> UnderARunningJobAsync(ExecuteJob command, bool withTheAgent, bool liveRestore)
    {
        var agent = await StartAsync();
        _kit.Link.Command(command);
        await Wait.UntilAsync(() => _kit.Link.Text("stdout").Contains("5\n", StringComparison.Ordinal), otherwise: () => string.Join("\n", _kit.Link.Received));
        if (withTheAgent)
        {
            await agent.SimulateCrash();
        }

        await engine.KillAsync();
        await engine.StartAgainAsync(liveRestore);
        return withTheAgent ? await StartAsync() : agent;
    }

    private ExecuteJob Command(string script) => _kit.Execute(
        new JobSpec(JobType.Custom, engine.Image, new JobLimits(500, 64, OutputMb: 4), 5, Script: script),
        TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());

    private AgentOptions Options()
    {
        var options = _kit.Options;
        options.EngineHost = engine.Host;
        return options;
    }

    private async Task<AgentService> StartAsync()
    {
        var agent = await AgentRegistration.CreateAsync(
            Options(), _kit.Link, _kit.Blobs, _kit.Signer, TimeProvider.System, NullLoggerFactory.Instance, default);
        await agent.StartAsync(default);
        return agent;
    }
}

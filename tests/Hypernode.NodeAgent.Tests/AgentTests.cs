using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Hardware;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests;

/// <summary>The stage: an agent on a fake engine, a fake link and a clock that the test moves.</summary>
public abstract class AgentTests : IDisposable
{
    private protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    protected AgentTests() => Engine = new FakeEngine(Time);

    private protected TestKit Kit { get; } = new();

    private protected FakeTime Time { get; } = new();

    private protected FakeEngine Engine { get; }

    private protected FakeOutputs Outputs { get; } = new();

    private protected ListLogger<AgentService> Log { get; } = new();

    public void Dispose()
    {
        Kit.Dispose();
        GC.SuppressFinalize(this);
    }

    protected string JournalPath => Path.Combine(Kit.Folder, "journal.jsonl");

    protected ExecuteJob Command(int attempt = 1, int runLimitMs = 60_000, IReadOnlyList<JobInput>? inputs = null)
    {
        var spec = new JobSpec(JobType.Custom, "sha256:" + new string('1', 64), new JobLimits(1_000, 64), 5, Script: "true", Inputs: inputs);
        return Kit.Execute(spec, Time.NowMs, attempt, runLimitMs: runLimitMs);
    }

    protected async Task<AgentService> StartAsync(Action<AgentOptions>? set = null, IGpuMonitor? gpus = null)
    {
        var options = Kit.Options;
        set?.Invoke(options);
        var agent = new AgentService(
            options, Kit.Link, Engine, Outputs, Kit.Blobs, Kit.Signer, Time, Log, gpus);
        await agent.StartAsync(default);
        return agent;
    }

    private protected async Task<FakeEngine.Container> RunningAsync(ExecuteJob command)
    {
        Kit.Link.Command(command);
        return await BegunAsync(command);
    }

    /// <summary>Its container, once the control plane knows that it runs.</summary>
    private protected async Task<FakeEngine.Container> BegunAsync(ExecuteJob command)
    {
        await Time.AdvanceUntilAsync(
            () => Kit.Link.Received.OfType<AttemptStarted>().Any(s => s.JobId == command.JobId)
                && Kit.Link.Beats.Any(b => b.Leases.Any(l => l.JobId == command.JobId)),
            Patience);
        return Engine.All.Single(c => c.Plan.Labels[ContainerLabels.Job] == command.JobId.ToString());
    }

    protected async Task<T> ReceiveAsync<T>()
        where T : NodeMessage
    {
        await Time.AdvanceUntilAsync(
            () => Kit.Link.Received.Any(m => m is T), Patience, () => $"no {typeof(T).Name}; came {string.Join(", ", Kit.Link.Received)}");
        return Kit.Link.Received.OfType<T>().First();
    }
}

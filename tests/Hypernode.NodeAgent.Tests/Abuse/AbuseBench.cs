using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Adapters.Docker;
using Hypernode.NodeAgent.Adapters.Outputs;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Network;
using Hypernode.NodeAgent.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <param name="Reported">Null: it was declined.</param>
/// <param name="Verdict">What the real oracle says of it; null for a declined attempt.</param>
internal sealed record Aftermath(
    AttemptReported? Reported, AttemptDeclined? Declined, Verdict? Verdict, HyperAmount Charge, string Output, string Errors, string AgentLog)
{
    public Receipt Receipt => Reported!.Receipt;
}

/// <summary>One node with a real agent on a real engine, on which one job at a time does its worst.</summary>
internal sealed class AbuseBench : IDisposable
{
    private readonly HostState _before = HostState.Now();

    public TestKit Kit { get; } = new();

    public AgentOptions Options => Kit.Options;

    /// <summary>How jobs with a network reach it; null: as the options say.</summary>
    public IEgress? Egress { get; init; }

    public void Dispose() => Kit.Dispose();

    /// <summary>Runs the attack, and asserts all that holds for every one of them.</summary>
    public async Task<Aftermath> RunAsync(Attack attack, string image, AgentOptions? options = null, IReadOnlyList<JobInput>? inputs = null, bool watched = false, Func<JobSpec, JobSpec>? change = null)
    {
        var spec = attack.Spec(image, inputs);
        var after = await RunAsync(Command(change?.Invoke(spec) ?? spec, attack.RunLimitMs), options, watched);
        $"{after.Output}\n{after.Errors}".Split('\n').Where(l => l.Contains(Attack.Through, StringComparison.Ordinal)).ShouldBeEmpty();
        // The engine may hear of the kernel's kill too late: then the receipt has the exit code alone, which is judged and charged alike.
        var missed = attack.Ends == Ending.OutOfMemory && after.Reported?.Receipt.ExitCode is 137;
        (missed ? Ending.OutOfMemory : EndingOf(after)).ShouldBe(attack.Ends, $"{after.Reported?.Receipt}{after.Declined}\n{after.Output}\n{after.Errors}\n{after.AgentLog}");
        after.Output.ShouldContain(attack.Says);
        after.AgentLog.ShouldContain(attack.AgentSays, customMessage: after.AgentLog);
        if (attack.Artifacts is { } artifacts)
        {
            after.Receipt.Artifacts.Select(a => a.Name).ShouldBe(artifacts);
        }

        return after;
    }

    public ExecuteJob Command(JobSpec spec, int runLimitMs = 20_000) =>
        Kit.Execute(spec, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), runLimitMs: runLimitMs);

    /// <summary>Any job: it has an outcome, an honest node is never blamed for it, and nothing of it remains on the machine.</summary>
    /// <param name="watched">As on a machine that can give /out no hard quota.</param>
    public async Task<Aftermath> RunAsync(ExecuteJob command, AgentOptions? options = null, bool watched = false)
    {
        options ??= Options;
        using var engine = new DockerEngine(options);
        IOutputFolders outputs = watched ? new WatchedOutputFolders() : await OutputFolders.DetectAsync(options, default);
        outputs.Hard.ShouldBe(!watched);
        await using var agent = new AgentService(
            options, Kit.Link, engine, outputs, Kit.Blobs, Kit.Signer, TimeProvider.System, NullLogger<AgentService>.Instance, egress: Egress);
        await agent.StartAsync(default);
        Kit.Link.Command(command);
        IReadOnlyCollection<string> containers = [];
        await Wait.UntilAsync(() => Outcome(command) is not null || Kit.Link.Received.Any(m => m is AttemptStarted), 60);
        containers = [.. (await engine.ListAsync(ContainerLabels.Agent, Kit.Node.ToString(), default)).Select(c => c.Id)];
        await Wait.UntilAsync(() => Outcome(command) is not null, 90, () => $"no outcome; the agent says: {Kit.Link.Text("agent")}");
        await Wait.UntilAsync(() => agent.OpenAttempts == 0);
        await _before.ShouldBeUnchangedAsync(Kit, containers);
        return Judged(command);
    }

    private NodeMessage? Outcome(ExecuteJob command) => Kit.Link.Received.FirstOrDefault(m =>
        (m is AttemptReported r && r.Receipt.JobId == command.JobId) || (m is AttemptDeclined d && d.JobId == command.JobId));

    private Aftermath Judged(ExecuteJob command)
    {
        var (output, errors, agentLog) = (Kit.Link.Text("stdout"), Kit.Link.Text("stderr"), Kit.Link.Text("agent"));
        if (Outcome(command) is not AttemptReported reported)
        {
            return new Aftermath(null, (AttemptDeclined)Outcome(command)!, null, HyperAmount.Zero, output, errors, agentLog);
        }

        Kit.ShouldBeProper(reported, command);
        var (judgement, charge) = ControlPlane.Judge(Kit, command, reported);
        var receipt = reported.Receipt;
        var fault = receipt is not { ExitCode: 0, TimedOut: false, OutOfMemory: false };
        judgement.Verdict.ShouldBe(fault ? Verdict.JobFault : Verdict.Succeeded, $"failed checks: {string.Join(", ", judgement.Failed)}");
        // As metered: at least one base unit, never more than the node itself signed for, never more than the run limit.
        var signed = (ulong)Math.Clamp(receipt.EndedAt - receipt.StartedAt, 1, command.RunLimitMs) * ControlPlane.Rate.BaseUnits / 1_000;
        charge.BaseUnits.ShouldBeInRange(1UL, signed);
        return new Aftermath(reported, null, judgement.Verdict, charge, output, errors, agentLog);
    }

    private static Ending EndingOf(Aftermath after) => after.Reported?.Receipt switch
    {
        null => Ending.Declined,
        { TimedOut: true } => Ending.TimedOut,
        { OutOfMemory: true } => Ending.OutOfMemory,
        { ExitCode: 0 } => Ending.Succeeded,
        _ => Ending.ExitCode,
    };
}

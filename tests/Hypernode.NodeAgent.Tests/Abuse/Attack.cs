using Hypernode.Contracts.Jobs;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <summary>How an attack ends, and by that who pays for it.</summary>
public enum Ending
{
    /// <summary>It was kept from doing harm and noticed nothing else: exit code 0, paid as metered.</summary>
    Succeeded,

    /// <summary>The job's own exit code says that it failed: paid as metered.</summary>
    ExitCode,

    /// <summary>Killed by the kernel for its memory: paid as metered.</summary>
    OutOfMemory,

    /// <summary>Killed at its run limit: paid as metered.</summary>
    TimedOut,

    /// <summary>Never begun here: the node is paid nothing, the job moves on or the payer is refunded.</summary>
    Declined,
}

/// <summary>One hostile job. Its row in docs/sandbox.md is made from this.</summary>
/// <param name="StoppedBy">What stands in its way, in the words of the documentation.</param>
/// <param name="Script">Prints <see cref="Through"/> when it has got through. Where it should notice a refusal, it prints that.</param>
/// <param name="Says">What its output must hold, so that an attack that was never really tried does not count as held off.</param>
/// <param name="AgentSays">What the agent must have put into the log about it.</param>
public sealed record Attack(
    string Name,
    string StoppedBy,
    Ending Ends,
    string Script,
    string Says = "",
    string AgentSays = "",
    int MemoryMb = 64,
    int OutputMb = 8,
    int RunLimitMs = 20_000,
    string[]? Artifacts = null)
{
    /// <summary>What no attack may ever print.</summary>
    public const string Through = "GOT-THROUGH";

    public string WhoPays => Ends == Ending.Declined ? "nobody: refunded, or run elsewhere" : "the payer, as metered";

    public string HowItEnds => Ends switch
    {
        Ending.Succeeded => "`Succeeded` (it runs on, and fails at what it tried)",
        Ending.ExitCode => "`JobFault`: its exit code",
        Ending.OutOfMemory => "`JobFault`: out of memory",
        Ending.TimedOut => "`JobFault`: timed out",
        _ => "`AttemptDeclined`",
    };

    public override string ToString() => Name;

    public JobSpec Spec(string image, IReadOnlyList<JobInput>? inputs = null) =>
        new(JobType.Custom, image, new JobLimits(1_000, MemoryMb, TimeoutSeconds: (RunLimitMs + 999) / 1_000, OutputMb: OutputMb), 5, Script: Script, Inputs: inputs);
}

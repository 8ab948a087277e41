using Hypernode.Contracts.Jobs;

namespace Hypernode.Sagas.Tests.Rig;

/// <summary>What a node does with an attempt.</summary>
internal enum NodeAct
{
    Runs,
    Declines,

    /// <summary>Starts, and its beats end: the sweep reports it.</summary>
    FallsSilent,

    /// <summary>Its beats end before it starts.</summary>
    DiesAtOnce,

    /// <summary>Starts, beats on, and never ends.</summary>
    Hangs,

    StartsAndDeclines,

    /// <summary>The news of its start is lost.</summary>
    OnlyEnds,

    /// <summary>Takes the command and never starts.</summary>
    NeverStarts,
}

/// <summary>How the world treats one job.</summary>
/// <param name="Ends">The state that it ends in.</param>
internal sealed record Story(string Name, string Ends)
{
    public Func<int, NodeAct> Node { get; init; } = _ => NodeAct.Runs;

    public Func<int, Verdict> Verdict { get; init; } = _ => Contracts.Jobs.Verdict.Succeeded;

    /// <summary>The payer cancels as soon as the job is seen in this state.</summary>
    public string? CancelIn { get; init; }

    public bool IntentHolds { get; init; } = true;

    /// <summary>So many checks of the intent can't be made.</summary>
    public int VerifierStumbles { get; init; }

    /// <summary>So many judgements can't be made.</summary>
    public int OracleStumbles { get; init; }

    /// <summary>No node fits, ever.</summary>
    public bool NoNodes { get; init; }

    /// <summary>The first slot that is found belongs to another job already.</summary>
    public bool SlotIsTaken { get; init; }

    public TimeSpan SettleWithin { get; init; } = TimeSpan.FromMinutes(30);

    public int MaxAttempts { get; init; } = 3;

    /// <summary>What goes wrong on chain.</summary>
    public Action<SimulatedEscrow> Chain { get; init; } = _ => { };

    public override string ToString() => Name;
}

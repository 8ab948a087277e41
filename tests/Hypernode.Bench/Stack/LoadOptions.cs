namespace Hypernode.Bench.Stack;

/// <summary>How the nodes of a measured stack are played, bound from <c>Hypernode:Bench</c>.</summary>
internal sealed class LoadOptions
{
    public const string Section = "Hypernode:Bench";

    public int Nodes { get; set; } = 8;

    public int Slots { get; set; } = 16;

    /// <summary>The broker's uri of the user that speaks for all nodes.</summary>
    public string NodesBroker { get; set; } = "";

    /// <summary>The host's journal writes as the textbook does.</summary>
    public bool Textbook { get; set; }

    /// <summary>The socket at which the process that moves the simulated chain answers those that only ask it; empty: everything is in one process.</summary>
    public string ChainSocket { get; set; } = "";
}

using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Cli.Stack;

public enum JobRuntime
{
    Docker,

    /// <summary>Unsandboxed: by explicit wish only.</summary>
    Process,
}

/// <summary>What to start.</summary>
/// <param name="Throwaway">Nobody wants the data afterwards: it may be ended without saving.</param>
/// <param name="IntentLifetimeSeconds">Null: the API's default.</param>
public sealed record StackPlan(
    string DataPath,
    bool Services,
    JobRuntime Runtime,
    WorkflowWindows Windows,
    int? IntentLifetimeSeconds,
    IReadOnlyList<AgentPlan> Agents,
    int SlotMs = 400,
    string Url = "http://127.0.0.1:0",
    bool Throwaway = false);

/// <summary>One node: what it sells, and whether it plays by the rules.</summary>
/// <param name="Lies">SIMULATION: signs a lie about what it ran.</param>
public sealed record AgentPlan(string Name, int Slots = 1, int MemoryMb = 512, bool Lies = false)
{
    /// <summary>Base units a second: 0.002 HYPER.</summary>
    public const ulong PricePerSecond = 2_000;

    public NodeOffer Offer => new(Slots, CpuMillis: 1_000, MemoryMb, new HyperAmount(PricePerSecond), Gpus: [], Images: []);
}

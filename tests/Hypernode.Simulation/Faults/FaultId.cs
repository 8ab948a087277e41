namespace Hypernode.Simulation.Faults;

/// <summary>The faults that the engine promises to survive; their ids are stable and documented in docs/reliability.md.</summary>
public enum FaultId
{
    F01 = 1,
    F02,
    F03,
    F04,
    F05,
    F06,
    F07,
    F08,
    F09,
    F10,
    F11,
    F12,
    F13,
    F14,
    F15,
    F16,
    F17,
    F18,
    F19,
    F20,
    F21,
    F22,
    F23,
    F24,
    F25,
    F26,
}

internal static class FaultNames
{
    public static IReadOnlyList<FaultId> All { get; } = Enum.GetValues<FaultId>();

    public static string Describe(FaultId id) => id switch
    {
        FaultId.F01 => "crash after commit before publish",
        FaultId.F02 => "crash after publish before ack",
        FaultId.F03 => "crash with a part published",
        FaultId.F04 => "publisher confirm lost",
        FaultId.F05 => "commit unknown",
        FaultId.F06 => "duplicate",
        FaultId.F07 => "reorder",
        FaultId.F08 => "delay past a timer's expiry",
        FaultId.F09 => "poison",
        FaultId.F10 => "broker restart",
        FaultId.F11 => "flow control",
        FaultId.F12 => "database restart",
        FaultId.F13 => "serialization failure",
        FaultId.F14 => "pool exhausted",
        FaultId.F15 => "two hosts on one shard",
        FaultId.F16 => "stale cache",
        FaultId.F17 => "node death",
        FaultId.F18 => "stall with a late result",
        FaultId.F19 => "forged or doubled result",
        FaultId.F20 => "clock jump",
        FaultId.F21 => "timer early, late, twice or lost",
        FaultId.F22 => "transaction dropped",
        FaultId.F23 => "transaction confirmed twice or unknown",
        FaultId.F24 => "RPC lies",
        FaultId.F25 => "mixed versions",
        FaultId.F26 => "operator replays a dead letter",
        _ => throw new ArgumentOutOfRangeException(nameof(id)),
    };
}

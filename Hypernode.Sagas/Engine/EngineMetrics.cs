using System.Diagnostics.Metrics;

namespace Hypernode.Sagas.Engine;

/// <summary>What the engine counts; a test and the benchmark read it.</summary>
public static class EngineMetrics
{
    public const string MeterName = "Hypernode.Engine";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Commits = Meter.CreateCounter<long>("hypernode.engine.commits", "{transaction}", "Transactions of the commit loop");
    private static readonly Counter<long> Items = Meter.CreateCounter<long>("hypernode.engine.transitions", "{transition}", "Messages committed, in those transactions");
    private static readonly Counter<long> Loads = Meter.CreateCounter<long>("hypernode.engine.loads", "{query}", "Queries that loaded jobs");
    private static readonly Counter<long> Conflicts = Meter.CreateCounter<long>("hypernode.engine.conflicts", "{transition}", "Transitions decided again, because their job had moved");
    private static readonly Counter<long> Messages = Meter.CreateCounter<long>("hypernode.engine.sent", "{message}", "Messages handed to a queue");
    private static readonly Counter<long> Local = Meter.CreateCounter<long>("hypernode.engine.local", "{message}", "Messages taken in process, straight from the commit");
    private static readonly Counter<long> Failed = Meter.CreateCounter<long>("hypernode.engine.given_up", "{message}", "Messages taken in process whose tries all failed, by message; each comes again");
    private static readonly Counter<long> Unreadable = Meter.CreateCounter<long>("hypernode.engine.unread", "{message}", "Looks at an outbox row that this version can't read; it stays");
    private static readonly Counter<long> Stranded = Meter.CreateCounter<long>("hypernode.engine.revived", "{job}", "Stranded jobs whose timers were set again (I7)");

    internal static void Batch(int items)
    {
        Commits.Add(1);
        Items.Add(items);
    }

    internal static void Loaded() => Loads.Add(1);

    internal static void Conflict() => Conflicts.Add(1);

    internal static void Sent() => Messages.Add(1);

    internal static void TakenLocally() => Local.Add(1);

    internal static void GivenUp(string message) => Failed.Add(1, new KeyValuePair<string, object?>("message", message));

    internal static void Unread() => Unreadable.Add(1);

    internal static void Revived() => Stranded.Add(1);
}

using System.Diagnostics.Metrics;

namespace Hypernode.Workers;

/// <summary>What workers count.</summary>
public static class WorkerMetrics
{
    public const string MeterName = "Hypernode.Workers";

    private static readonly Meter Meter = new(MeterName);

    /// <summary>Messages of nodes that were dropped, by <c>reason</c> and <c>kind</c>.</summary>
    internal static Counter<long> IngressDropped { get; } = Meter.CreateCounter<long>("hypernode.ingress.dropped");

    /// <summary>Commands that were not sent because their node is revoked.</summary>
    internal static Counter<long> CommandsWithheld { get; } = Meter.CreateCounter<long>("hypernode.nodes.commands_withheld");

    /// <summary>Payments that are over and whose account was closed, by the sweep.</summary>
    internal static Counter<long> Closed { get; } = Meter.CreateCounter<long>("hypernode.escrow.closed");

    /// <summary>Payments on chain that nobody's saga looks after, found by the sweep.</summary>
    internal static Counter<long> Orphans { get; } = Meter.CreateCounter<long>("hypernode.escrow.orphans");
}

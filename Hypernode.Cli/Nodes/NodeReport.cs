using Hypernode.Cli.Client;
using Hypernode.Contracts.Money;
using Hypernode.NodeAgent.Hardware;
using Hypernode.Solana.NodeRegistry;

namespace Hypernode.Cli.Nodes;

/// <summary>What a provider wants to know. Sums are base units.</summary>
/// <param name="WhyNoJobs">Reasons, the weightiest first; empty: jobs should come.</param>
/// <param name="SlotGpus">Which GPUs each slot has, in words, as this machine's settings have it; null or empty: none.</param>
/// <param name="MaxJobs">At once, by the stake's tier; null: any number.</param>
internal sealed record NodeReport(
    string NodeId,
    string Status,
    long? LastSeenAt,
    int Slots,
    int BusySlots,
    ulong PricePerSecond,
    long JobsCompleted,
    ulong Earned,
    ulong EarnedPerJob,
    ulong EarnedPerDay,
    ulong Stake,
    string Tier,
    int? MaxJobs,
    int Reputation,
    ulong Faults,
    IReadOnlyList<string> WhyNoJobs,
    IReadOnlyList<string>? SlotGpus = null)
{
    /// <summary>Idle nodes beat every 15 s; after this they count as offline.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(10);

    private const string UnknownToApi = "the API does not know the node: hn node join";
    private const string UnknownOnChain = "not in the registry on chain: hn node join stakes";

    /// <summary>A reason that only holds when the one who was asked has answered.</summary>
    public static bool IsOfAbsence(string reason) => reason is UnknownToApi or UnknownOnChain;

    public static NodeReport Of(
        string nodeId, NodeAnswer? published, NodeStatsAnswer? market, RegisteredNode? chain, IReadOnlyList<CheckResult> checks, DateTimeOffset now)
    {
        var days = published is null ? 0 : Math.Max(1, (ulong)((now.ToUnixTimeMilliseconds() - published.RegisteredAt + 86_399_999) / 86_400_000));
        return new NodeReport(
            nodeId,
            published?.Status ?? "unknown",
            published?.LastSeenAt,
            published?.Slots ?? 0,
            published?.BusySlots ?? 0,
            published?.PricePerSecond ?? 0,
            published?.JobsCompleted ?? 0,
            published?.Earned ?? 0,
            published is { JobsCompleted: > 0 } ? published.Earned / (ulong)published.JobsCompleted : 0,
            published is null ? 0 : published.Earned / days,
            chain?.StakeAmount ?? 0,
            (chain?.Tier ?? NodeTier.None).ToString(),
            MaxJobsOf(chain?.Tier ?? NodeTier.None),
            chain?.Reputation ?? 0,
            chain?.TotalFaults ?? 0,
            [.. Reasons(published, market, chain, checks, now)]);
    }

    private static IEnumerable<string> Reasons(
        NodeAnswer? published, NodeStatsAnswer? market, RegisteredNode? chain, IReadOnlyList<CheckResult> checks, DateTimeOffset now)
    {
        if (published is null)
        {
            yield return UnknownToApi;
        }
        else if (published.LastSeenAt is not { } seen)
        {
            yield return "offline: the agent has never given a sign of life: start it with hn node join";
        }
        else if (now - DateTimeOffset.FromUnixTimeMilliseconds(seen) is var silent && silent > Silence)
        {
            yield return $"offline: no sign of life for {silent.TotalMinutes:0} minutes: is the agent running, does it reach the broker?";
        }

        if (published is not null && published.Status != "active")
        {
            yield return $"the control plane counts the node as {published.Status}";
        }

        if (chain is null)
        {
            yield return UnknownOnChain;
        }
        else
        {
            foreach (var reason in ChainReasons(chain, published?.Slots ?? 0))
            {
                yield return reason;
            }
        }

        if (published is not null && published.BusySlots >= published.Slots)
        {
            yield return "every slot is busy";
        }

        if (published is not null && market?.LowestPricePerSecond is { } lowest && lowest < published.PricePerSecond)
        {
            yield return $"others are cheaper: the lowest price is {new HyperAmount(lowest)} HYPER a second, yours is {new HyperAmount(published.PricePerSecond)}";
        }

        foreach (var check in checks.Where(c => c.State == CheckState.Failed || (c is { Name: "images", State: CheckState.Note })))
        {
            yield return $"{check.Name}: {check.Detail}{(check.Remedy is null ? "" : $" → {check.Remedy}")}";
        }
    }

    private static IEnumerable<string> ChainReasons(RegisteredNode chain, int slots)
    {
        if (chain.Status != NodeStatus.Active)
        {
            yield return $"on chain the node is {chain.Status}";
        }

        if (chain.Tier == NodeTier.None)
        {
            yield return $"not enough stake: {new HyperAmount(chain.StakeAmount)} HYPER, 100 are the least";
        }
        else if (MaxJobsOf(chain.Tier) is { } most && most < slots)
        {
            yield return $"{new HyperAmount(chain.StakeAmount)} HYPER at stake are good for {most} {(most == 1 ? "job" : "jobs")} at once, not for {slots}";
        }

        if (chain.PendingIncidents > 0)
        {
            yield return $"{chain.PendingIncidents} pending slash {(chain.PendingIncidents == 1 ? "incident" : "incidents")}: appeal within the window";
        }
    }

    private static int? MaxJobsOf(NodeTier tier) => tier switch
    {
        NodeTier.None => 0,
        NodeTier.Starter => 1,
        NodeTier.Standard => 3,
        NodeTier.Professional => 10,
        _ => null,
    };
}

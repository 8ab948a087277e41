using System.Diagnostics.CodeAnalysis;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Live;

public enum LiveKind
{
    /// <summary>A job's states.</summary>
    Job,

    /// <summary>What a job prints.</summary>
    Logs,

    /// <summary>A node's status and job.</summary>
    Node,

    /// <summary>The whole network's counts.</summary>
    Network,

    /// <summary>What a wallet has locked, spent, got back and earned.</summary>
    Wallet,
}

/// <summary>Something that is watched and moves: <c>job:job-…</c>, <c>logs:job-…</c>, <c>node:…</c>, <c>network</c>, <c>wallet:…</c>.</summary>
/// <param name="Id">As its type writes it; empty for the network.</param>
public readonly record struct LiveTopic(LiveKind Kind, string Id)
{
    public static LiveTopic Network { get; } = new(LiveKind.Network, "");

    public static LiveTopic OfJob(JobId job) => new(LiveKind.Job, job.ToString());

    public static LiveTopic OfLogs(JobId job) => new(LiveKind.Logs, job.ToString());

    public static LiveTopic OfNode(NodeId node) => new(LiveKind.Node, node.ToString());

    public static LiveTopic OfWallet(WalletAddress wallet) => new(LiveKind.Wallet, wallet.ToString());

    public static bool TryParse([NotNullWhen(true)] string? text, out LiveTopic topic)
    {
        topic = default;
        var colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        if (colon < 0)
        {
            topic = Network;
            return text == "network";
        }

        var id = text![(colon + 1)..];
        LiveTopic? found = text[..colon] switch
        {
            "job" when JobId.TryParse(id, null, out _) => new(LiveKind.Job, id),
            "logs" when JobId.TryParse(id, null, out _) => new(LiveKind.Logs, id),
            "node" when NodeId.TryParse(id, null, out _) => new(LiveKind.Node, id),
            "wallet" when WalletAddress.TryParse(id, null, out _) => new(LiveKind.Wallet, id),
            _ => null,
        };
        topic = found ?? default;
        return found is not null;
    }

    public override string ToString() => Kind switch
    {
        LiveKind.Job => $"job:{Id}",
        LiveKind.Logs => $"logs:{Id}",
        LiveKind.Node => $"node:{Id}",
        LiveKind.Wallet => $"wallet:{Id}",
        _ => "network",
    };
}

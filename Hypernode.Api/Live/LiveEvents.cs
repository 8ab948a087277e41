using System.Text.Json;
using System.Text.Json.Serialization;
using Hypernode.Api.Http;
using Hypernode.Api.Jobs;
using Hypernode.Api.Nodes;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Live;

/// <summary>An event as it goes out to everyone who watches: read once, written once.</summary>
/// <param name="Seq">Its number in the topic.</param>
internal sealed record LiveEvent(long Seq, byte[] Json)
{
    public static LiveEvent Of<T>(string name, string channel, long seq, T data) =>
        new(seq, JsonSerializer.SerializeToUtf8Bytes(new LiveMessage<T>(name, channel, seq, data), ApiJson.Options));
}

/// <summary>What the server sends: the white paper's <c>event</c> and <c>data</c> (§7.4), and around them where it belongs.</summary>
/// <param name="Channel">What was subscribed to.</param>
/// <param name="Seq">The event's number in its channel: goes into <c>since</c> to resume after it.</param>
/// <param name="Id">Of the client's message that this answers.</param>
public sealed record LiveMessage<T>(string Event, string? Channel, long? Seq, T Data, string? Id = null);

/// <param name="Status">pending, running, completed, refunded or failed.</param>
/// <param name="Timestamp">ms since the epoch.</param>
public sealed record JobStatusUpdate(string JobId, string Status, long Timestamp)
{
    public const string Event = "job_status_update";

    public static JobStatusUpdate Of(string jobId, JobTransition transition) =>
        new(jobId, JobStateNames.ToStatus(transition.State), transition.At.ToUnixTimeMilliseconds());
}

/// <param name="Status">active, draining, offline, jailed, slashed or retired.</param>
/// <param name="CurrentJob">The job of its first busy slot; null: it has none.</param>
public sealed record NodeStatusUpdate(
    string NodeId, string Status, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? CurrentJob)
{
    public const string Event = "node_status_update";

    public static NodeStatusUpdate Of(NodeView node, IReadOnlyList<LeaseView> leases) =>
        new(node.Id.ToString(), NodesEndpoints.Word(node.Status), leases.MinBy(l => l.Slot)?.JobId.ToString());
}

public sealed record NetworkStatsUpdate(int ActiveNodes, long RunningJobs, long TotalJobs)
{
    public const string Event = "network_stats_update";

    public static NetworkStatsUpdate Of(NetworkCounts counts) => new(counts.ActiveNodes, counts.RunningJobs, counts.TotalJobs);
}

/// <summary>A piece of a job's output.</summary>
/// <param name="Chunk">The chunk's own number within the attempt, from 0 without gaps.</param>
/// <param name="Stream"><c>agent</c>, <c>stdout</c> or <c>stderr</c>.</param>
/// <param name="At">ms since the epoch, of the node's clock.</param>
/// <param name="Text">The data as UTF-8; a character that two chunks share shows as U+FFFD.</param>
/// <param name="Data">The raw bytes in base64.</param>
public sealed record JobLogUpdate(string JobId, int Attempt, long Chunk, string Stream, long At, string Text, string Data)
{
    public const string Event = "job_log";

    public static JobLogUpdate Of(StoredChunk stored)
    {
        var shown = LogAnswer.Of(stored);
        return new(stored.Chunk.JobId.ToString(), shown.Attempt, shown.Seq, shown.Stream, shown.At, shown.Text, shown.Data);
    }
}

/// <summary>Where a wallet's money is, as the database knows it; base units of HYPER.</summary>
/// <param name="Locked">In the escrow of jobs that have not ended.</param>
/// <param name="Spent">Charged for jobs that have.</param>
/// <param name="Refunded">What came back of them.</param>
/// <param name="Earned">By the wallet's nodes.</param>
/// <param name="OtherMints">The same of jobs that were paid in another mint, in its base units.</param>
public sealed record BalanceUpdate(string Wallet, ulong Locked, ulong Spent, ulong Refunded, ulong Earned, IReadOnlyList<MintBalance> OtherMints)
{
    public const string Event = "balance_update";

    public static BalanceUpdate Of(string wallet, WalletSums sums)
    {
        var hyper = sums.Mints.FirstOrDefault(m => m.Mint is null);
        return new(
            wallet,
            hyper?.Locked.BaseUnits ?? 0,
            hyper?.Spent.BaseUnits ?? 0,
            hyper?.Refunded.BaseUnits ?? 0,
            sums.Earned.BaseUnits,
            [.. sums.Mints.Where(m => m.Mint is not null).Select(m => new MintBalance(m.Mint!, m.Locked.BaseUnits, m.Spent.BaseUnits, m.Refunded.BaseUnits))]);
    }
}

public sealed record MintBalance(string Mint, ulong Locked, ulong Spent, ulong Refunded);

/// <summary>The answer to a subscription: what comes after <c>seq</c> follows.</summary>
public sealed record Subscribed
{
    public const string Event = "subscribed";
}

public sealed record Unsubscribed
{
    public const string Event = "unsubscribed";
}

/// <param name="Wallet">Whose the socket is now.</param>
/// <param name="ExpiresAt">ms since the epoch; another <c>auth</c> before that keeps it open.</param>
public sealed record SignedIn(string Wallet, long ExpiresAt)
{
    public const string Event = "signed_in";
}

public sealed record Pong(long Timestamp)
{
    public const string Event = "pong";
}

/// <summary>The socket is closed, because it reads more slowly than the channel moves: <c>seq</c> is the last that was sent.</summary>
public sealed record SlowConsumer(string Detail)
{
    public const string Event = "slow_consumer";
}

/// <summary>What is wrong with a client's message, or why the socket is closed; its type is the same as a problem's of the REST routes.</summary>
public sealed record LiveError(string Type, int Status, string Detail)
{
    public const string Event = "error";

    public static LiveError Of(Problem problem) => new(problem.Type, problem.Status, problem.Detail);
}

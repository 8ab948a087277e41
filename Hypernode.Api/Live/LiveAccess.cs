using Hypernode.Api.Auth;
using Hypernode.Api.Http;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Live;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Live;

/// <summary>Who may watch what: the <see cref="AccessTable"/>'s channels.</summary>
internal sealed class LiveAccess(IJobReader jobs, INodeDirectory nodes, SessionTokens tokens, IOptions<ApiOptions> options)
{
    /// <summary>One's own; there is no way to name another's.</summary>
    public const string WalletChannel = "wallet";

    private readonly HashSet<string> _operators = [.. options.Value.Operators];

    /// <summary>What clients call it.</summary>
    public static string ChannelOf(LiveTopic topic) => topic.Kind == LiveKind.Wallet ? WalletChannel : topic.ToString();

    /// <summary>Null: the token is not ours, or is over.</summary>
    public Task<Session?> SessionOfAsync(string token) => tokens.ReadAsync(token);

    /// <summary>False: there is no such channel for this wallet.</summary>
    public static bool TryRead(WalletAddress? wallet, string channel, out LiveTopic topic)
    {
        if (channel == WalletChannel && wallet is { } own)
        {
            topic = LiveTopic.OfWallet(own);
            return true;
        }

        return LiveTopic.TryParse(channel, out topic) && topic.Kind != LiveKind.Wallet;
    }

    /// <exception cref="RefusedException">400: no channel; 401: nobody signed in; 404: there is no such thing, or it is not theirs to see.</exception>
    public async Task<LiveTopic> JudgeAsync(WalletAddress? wallet, string channel, CancellationToken cancellationToken)
    {
        var rule = AccessTable.Of("WS", PatternOf(channel));
        if (rule.Allowed == Callers.None)
        {
            throw new RefusedException(new Problem("unknown-channel", 400, "channel: must be job:…, logs:…, node:…, network or wallet"));
        }

        if (wallet is null && !rule.Allowed.HasFlag(Callers.Anonymous))
        {
            throw new RefusedException(new Problem("unauthorized", 401, "sign in first: {\"type\":\"auth\",\"token\":\"…\"}"));
        }

        var what = rule.Subject == AccessSubject.Job ? "job" : "node";
        if (!TryRead(wallet, channel, out var topic))
        {
            throw new RefusedException(Problem.NotFound(what)); // an id that can't be is one that never was
        }

        var known = rule.Subject switch
        {
            AccessSubject.Job => await jobs.FindAsync(JobId.Parse(topic.Id), cancellationToken) is { } job
                && (CallerOf(wallet!.Value, job) & rule.Allowed) != Callers.None,
            AccessSubject.Node => await nodes.FindAsync(NodeId.Parse(topic.Id), cancellationToken) is not null,
            _ => true,
        };
        return known ? topic : throw new RefusedException(Problem.NotFound(what));
    }

    private Callers CallerOf(WalletAddress wallet, JobView job) => Callers.Wallet
        | (job.Owner == wallet ? Callers.Owner : Callers.None)
        | (_operators.Contains(wallet.ToString()) ? Callers.Operator : Callers.None);

    private static string PatternOf(string channel) => channel.Split(':')[0] switch
    {
        "job" => "job:{jobId}",
        "logs" => "logs:{jobId}",
        "node" => "node:{nodeId}",
        _ => channel,
    };
}

using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Topology;

/// <summary>Every queue and exchange by name, once. What the management UI shows is what stands here.</summary>
public static class Queues
{
    /// <summary>The job saga, as rows name it. At the broker it is <see cref="SagaShards"/> queues: <see cref="Address"/> says which.</summary>
    public const string JobSaga = "hypernode.jobs";

    /// <summary>
    /// Enough for as many hosts to share the saga's work. A larger number only adds queues; before a smaller one, the queues that
    /// go must be empty. Which host takes a job's messages is a matter of speed: the version guard decides who is right.
    /// </summary>
    public const int SagaShards = 8;

    public const string VerifyIntent = "hypernode.verify-intent";
    public const string LockEscrow = "hypernode.lock-escrow";
    public const string MatchJob = "hypernode.match-job";
    public const string AssignNode = "hypernode.assign-node";
    public const string VerifyResult = "hypernode.verify-result";
    public const string SettlePayment = "hypernode.settle-payment";
    public const string RefundPayment = "hypernode.refund-payment";

    /// <summary>Never a message: every host with the saga attaches to it, so that they can be counted.</summary>
    public const string SagaHosts = "hypernode.saga-hosts";

    /// <summary>Messages that could not be handled, with their reason.</summary>
    public const string Dead = "hypernode.dead";

    /// <summary>Fanout exchange of hints at what has moved; each API host has a queue of its own behind it, for as long as it is there.</summary>
    public const string Live = "hypernode.live";

    /// <summary>Topic exchange that nodes write to, with routing key <c>node.{id}.{kind}</c>, and the queue behind it.</summary>
    public const string NodesIngress = "nodes.ingress";

    /// <summary>Direct exchange to the nodes' own queues.</summary>
    public const string NodesCommands = "nodes.commands";

    public static IReadOnlyDictionary<Type, string> Commands { get; } = new Dictionary<Type, string>
    {
        [typeof(VerifyIntent)] = VerifyIntent,
        [typeof(LockEscrow)] = LockEscrow,
        [typeof(MatchJob)] = MatchJob,
        [typeof(AssignNode)] = AssignNode,
        [typeof(VerifyResult)] = VerifyResult,
        [typeof(SettlePayment)] = SettlePayment,
        [typeof(RefundPayment)] = RefundPayment,
    };

    /// <summary>The saga's queues; each is read by one host at a time.</summary>
    public static IReadOnlyList<string> Saga { get; } = [.. Enumerable.Range(0, SagaShards).Select(i => $"{JobSaga}.{i}")];

    /// <summary>The saga's queue for this job: FNV-1a over its id, the same on every host and in every build.</summary>
    public static string Shard(JobId job)
    {
        var hash = 2_166_136_261u;
        Span<byte> id = stackalloc byte[16];
        job.Value.TryWriteBytes(id);
        foreach (var octet in id)
        {
            hash = unchecked((hash ^ octet) * 16_777_619u);
        }

        return Saga[(int)(hash % SagaShards)];
    }

    /// <summary>The broker's name for a destination.</summary>
    /// <exception cref="ArgumentException">The saga without a job.</exception>
    public static string Address(string destination, JobId? job) => destination != JobSaga
        ? destination
        : Shard(job ?? throw new ArgumentException("a message to the saga is about a job", nameof(job)));

    /// <summary>The queue of one node, and its user name at the broker.</summary>
    public static string Node(NodeId node) => $"node.{node}";

    /// <summary>Where a message goes: a node's queue, a worker's, or the saga's.</summary>
    public static string Of(object message) => message switch
    {
        ExecuteJob execute => Node(execute.NodeId),
        StopJob stop => Node(stop.NodeId),
        _ => Commands.GetValueOrDefault(message.GetType(), JobSaga),
    };
}

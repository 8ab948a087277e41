using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Topology;

/// <summary>Every queue and exchange by name, once. What the management UI shows is what stands here.</summary>
public static class Queues
{
    /// <summary>All events and timeouts of the job saga.</summary>
    public const string JobSaga = "hypernode.jobs";
    public const string VerifyIntent = "hypernode.verify-intent";
    public const string LockEscrow = "hypernode.lock-escrow";
    public const string MatchJob = "hypernode.match-job";
    public const string AssignNode = "hypernode.assign-node";
    public const string VerifyResult = "hypernode.verify-result";
    public const string SettlePayment = "hypernode.settle-payment";
    public const string RefundPayment = "hypernode.refund-payment";

    /// <summary>Messages that could not be handled, with their reason.</summary>
    public const string Dead = "hypernode.dead";

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

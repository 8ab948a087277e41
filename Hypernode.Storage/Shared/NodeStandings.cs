using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Storage.Shared;

internal sealed class NodeStandings(Database database) : INodeStandings
{
    private const string Revoked = """
        select nodes.node_id, status, revoked_by, reason, revoked_at
        from nodes left join node_revocations on node_revocations.node_id = nodes.node_id
        where status in ('Jailed', 'Slashed', 'Retired')
        order by nodes.node_id
        """;

    // An operator may take the chain's jail over: it then lasts until he lifts it. What is slashed or retired is the chain's.
    private const string JailByOperator = "update nodes set status = 'Jailed' where node_id = @node and status not in ('Slashed', 'Retired')";

    private const string JailByChain = """
        update nodes set status = 'Jailed'
        where node_id = @node and status <> 'Jailed' and (
            status in ('Active', 'Draining', 'Offline')
            or exists (select 1 from node_revocations where node_revocations.node_id = nodes.node_id and revoked_by = 'Chain'))
        """;

    private const string EndByChain = "update nodes set status = @status where node_id = @node and status <> @status";

    private const string Note = """
        insert into node_revocations (node_id, revoked_by, reason, revoked_at) values (@node, @by, @reason, @at)
        on conflict (node_id) do update set revoked_by = excluded.revoked_by, reason = excluded.reason, revoked_at = excluded.revoked_at
        """;

    private const string Restore = """
        update nodes set status = 'Offline'
        where node_id = @node and status in ('Jailed', 'Slashed', 'Retired')
            and coalesce((select revoked_by from node_revocations where node_revocations.node_id = nodes.node_id), 'Operator') = @by
        """;

    public async Task<IReadOnlyList<Revocation>> RevokedAsync(CancellationToken cancellationToken) => await database.ReadAsync(
        Revoked,
        row => new Revocation(
            NodeId.Parse(row.Text(0)),
            Enum.Parse<NodeStatus>(row.Text(1)),
            row.TextOrNull(2) is { } by ? Enum.Parse<RevokedBy>(by) : null,
            row.TextOrNull(3) ?? "",
            row.TimeOrNull(4)),
        cancellationToken);

    public Task<bool> RevokeAsync(
        NodeId node, NodeStatus status, RevokedBy by, string reason, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var change = (by, status) switch
        {
            (RevokedBy.Operator, NodeStatus.Jailed) => JailByOperator,
            (RevokedBy.Chain, NodeStatus.Jailed) => JailByChain,
            (RevokedBy.Chain, NodeStatus.Slashed or NodeStatus.Retired) => EndByChain,
            _ => throw new ArgumentOutOfRangeException(nameof(status), status, $"{by} can't make a node so"),
        };
        return database.WriteAsync(
            async session => await session.ExecuteAsync(change, ("node", node), ("status", status.ToString())) == 1
                && await session.ExecuteAsync(Note, ("node", node), ("by", by.ToString()), ("reason", StoredValue.Clean(reason)), ("at", at)) == 1,
            cancellationToken);
    }

    public Task<bool> RestoreAsync(NodeId node, RevokedBy by, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (await session.ExecuteAsync(Restore, ("node", node), ("by", by.ToString())) == 0)
            {
                return false;
            }

            await session.ExecuteAsync("delete from node_revocations where node_id = @node", ("node", node));
            return true;
        },
        cancellationToken);
}

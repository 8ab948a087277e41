using System.Collections.Concurrent;
using System.Text.Json;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Storage.Shared;

internal sealed class NodeDirectory(Database database, IIdSource ids) : INodeDirectory
{
    // A node that registers again is back, so Offline becomes Active; a jail or a retirement is not shaken off that way.
    private const string Upsert = """
        insert into nodes (
            node_id, user_id, node_key, hostname, status, slots, cpu_millis, memory_mb, price_per_second, gpu_info, images, network_modes, registered_at)
        select @node, users.id, @key, @hostname, 'Active', @slots, @cpu, @memory, @price, @gpus, @images, @networks, @at
        from users where wallet_address = @wallet
        on conflict (node_id) do update set
            hostname = excluded.hostname, slots = excluded.slots, cpu_millis = excluded.cpu_millis, memory_mb = excluded.memory_mb,
            price_per_second = excluded.price_per_second, gpu_info = excluded.gpu_info, images = excluded.images,
            network_modes = excluded.network_modes,
            status = case nodes.status when 'Offline' then 'Active' else nodes.status end
        where nodes.node_key = excluded.node_key and nodes.user_id = excluded.user_id
        """;

    private const string Seen = """
        insert into liveness (node_id, last_seen)
        select @node, @at from nodes where node_id = @node
        on conflict (node_id) do update set last_seen = excluded.last_seen where liveness.last_seen < excluded.last_seen
        """;

    // Only the lease's own node, and only while it is live, may prolong what is charged for.
    private const string Beaten = """
        update leases set
            first_beat_at = coalesce(first_beat_at, @first),
            last_beat_at = case when last_beat_at > @last then last_beat_at else @last end
        where job_id = @job and attempt = @attempt and node_id = @node and live
        """;

    private const string NodeColumns = """
        select
            nodes.node_id, node_key, users.wallet_address, hostname, status, slots, cpu_millis, memory_mb, price_per_second, gpu_info, images,
            (select cast(count(*) as int) from leases where leases.node_id = nodes.node_id and live),
            total_jobs_completed, total_earned, registered_at, liveness.last_seen, network_modes
        from nodes
        join users on users.id = nodes.user_id
        left join liveness on liveness.node_id = nodes.node_id

        """;

    internal const string LeaseColumns =
        "select job_id, attempt, node_id, slot, challenge, rate_per_second, taken_at, first_beat_at, last_beat_at, live from leases ";

    /// <summary>What was parsed of each node: it changes when the node registers anew, and every match reads all of them.</summary>
    private readonly ConcurrentDictionary<string, Parsed> _parsed = [];

    public Task<bool> RegisterAsync(NodeRegistration registration, DateTimeOffset at, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            await UserRows.EnsureAsync(session, ids, registration.Authority, at);
            var offer = registration.Offer;
            var rows = await session.ExecuteAsync(
                Upsert,
                ("node", registration.NodeId),
                ("wallet", registration.Authority),
                ("key", registration.NodeKey),
                ("hostname", StoredValue.Clean(registration.Hostname)),
                ("slots", offer.Slots),
                ("cpu", offer.CpuMillis),
                ("memory", offer.MemoryMb),
                ("price", offer.PricePerSecond),
                ("gpus", JsonSerializer.Serialize(offer.Gpus, ContractJson.Options)),
                ("images", JsonSerializer.Serialize(offer.Images, ContractJson.Options)),
                ("networks", offer.NetworkModes is null ? null : JsonSerializer.Serialize(offer.NetworkModes, ContractJson.Options)),
                ("at", at));
            if (rows == 0)
            {
                session.Abandon(); // a stranger's attempt leaves no user behind
            }

            return rows == 1;
        },
        cancellationToken);

    public Task<NodeView?> FindAsync(NodeId id, CancellationToken cancellationToken) =>
        database.FindAsync(NodeColumns + "where nodes.node_id = @node", ToNode, cancellationToken, ("node", id));

    public async Task<IReadOnlyList<NodeView>> FindByKeyAsync(WalletAddress nodeKey, CancellationToken cancellationToken) =>
        await database.ReadAsync(NodeColumns + "where node_key = @key order by nodes.node_id", ToNode, cancellationToken, ("key", nodeKey));

    public async Task<IReadOnlyList<NodeView>> ListAsync(CancellationToken cancellationToken) =>
        await database.ReadAsync(NodeColumns + "order by nodes.node_id", ToNode, cancellationToken);

    public async Task<IReadOnlyList<NodeView>> PageAsync(NodeQuery query, CancellationToken cancellationToken) =>
        await database.ReadAsync(PageSql(query), ToNode, cancellationToken, PageParameters(query));

    /// <summary>Eight constant statements; each is held to its index by a test.</summary>
    internal static string PageSql(NodeQuery query)
    {
        var (order, after) = query.Sort == NodeSort.Price
            ? ("price_per_second, nodes.node_id", "(price_per_second, nodes.node_id) > (@price, @after)")
            : ("nodes.node_id", "nodes.node_id > @after");
        string[] conditions = [.. query.Status is null ? [] : new[] { "status = @status" }, .. query.After is null ? [] : new[] { after }];
        return $"{NodeColumns}{(conditions.Length == 0 ? "" : $"where {string.Join(" and ", conditions)} ")}order by {order} limit @limit";
    }

    internal static Parameter[] PageParameters(NodeQuery query)
    {
        List<Parameter> all = [("limit", query.Limit)];
        if (query.Status is { } status)
        {
            all.Add(("status", status.ToString()));
        }

        if (query.After is { } after)
        {
            all.Add(("after", after.Id));
            if (query.Sort == NodeSort.Price)
            {
                all.Add(("price", after.Price));
            }
        }

        return [.. all];
    }

    public Task<bool> SetStatusAsync(NodeId id, NodeStatus from, NodeStatus to, CancellationToken cancellationToken) => database.WriteAsync(
        async session => await session.ExecuteAsync(
            "update nodes set status = @to where node_id = @node and status = @from", ("to", to.ToString()), ("node", id), ("from", from.ToString())) == 1,
        cancellationToken);

    public Task<LeaseView?> FindLeaseAsync(JobId job, int attempt, CancellationToken cancellationToken) => database.FindAsync(
        LeaseColumns + "where job_id = @job and attempt = @attempt", ToLease, cancellationToken, ("job", job), ("attempt", attempt));

    public async Task<IReadOnlyList<LeaseView>> LiveLeasesAsync(CancellationToken cancellationToken) =>
        await database.ReadAsync(LeaseColumns + "where live order by job_id", ToLease, cancellationToken);

    public Task RecordBeatsAsync(IReadOnlyList<ReceivedBeat> beats, CancellationToken cancellationToken)
    {
        if (beats.Count == 0)
        {
            return Task.CompletedTask;
        }

        // One row a node and a lease, in one order for all writers, so that two batches can't wait for each other.
        var nodes = beats
            .GroupBy(b => b.NodeId.ToString(), StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new Parameter[] { ("node", g.Key), ("at", g.Max(b => b.ReceivedAt)) });
        var leases = beats
            .SelectMany(b => b.Leases, (b, l) => (Key: (Job: l.JobId.ToString(), l.Attempt, Node: b.NodeId.ToString()), b.ReceivedAt))
            .GroupBy(x => x.Key, x => x.ReceivedAt)
            .OrderBy(g => g.Key.Job, StringComparer.Ordinal).ThenBy(g => g.Key.Attempt)
            .Select(g => new Parameter[]
            {
                ("job", g.Key.Job),
                ("attempt", g.Key.Attempt),
                ("node", g.Key.Node),
                ("first", g.Min()),
                ("last", g.Max()),
            });
        return database.WriteAsync(
            async session =>
            {
                await session.ExecuteEachAsync(Seen, nodes);
                await session.ExecuteEachAsync(Beaten, leases);
                return true;
            },
            cancellationToken);
    }

    internal static LeaseView ToLease(Row row) => new(
        JobId.Parse(row.Text(0)),
        row.Int(1),
        NodeId.Parse(row.Text(2)),
        row.Int(3),
        Hash256.Parse(row.Text(4)),
        StoredValue.Amount(row.Long(5)),
        row.Time(6),
        row.TimeOrNull(7),
        row.TimeOrNull(8),
        row.Flag(9));

    private NodeView ToNode(Row row)
    {
        var (id, texts) = (row.Text(0), new NodeTexts(row.Text(1), row.Text(2), row.Text(9), row.Text(10), row.TextOrNull(16)));
        if (!_parsed.TryGetValue(id, out var parsed) || parsed.Texts != texts)
        {
            _parsed[id] = parsed = new Parsed(id, texts);
        }

        return new NodeView(
            parsed.Id,
            parsed.NodeKey,
            parsed.Authority,
            row.Text(3),
            Enum.Parse<NodeStatus>(row.Text(4)),
            new NodeOffer(row.Int(5), row.Int(6), row.Int(7), StoredValue.Amount(row.Long(8)), parsed.Gpus, parsed.Images, parsed.NetworkModes),
            row.Int(11),
            row.Long(12),
            StoredValue.Amount(row.Long(13)),
            row.Time(14),
            row.TimeOrNull(15));
    }

    private sealed record NodeTexts(string NodeKey, string Authority, string Gpus, string Images, string? NetworkModes);

    private sealed class Parsed(string id, NodeTexts texts)
    {
        public NodeTexts Texts { get; } = texts;

        public NodeId Id { get; } = NodeId.Parse(id);

        public WalletAddress NodeKey { get; } = WalletAddress.Parse(texts.NodeKey);

        public WalletAddress Authority { get; } = WalletAddress.Parse(texts.Authority);

        public IReadOnlyList<GpuInfo> Gpus { get; } = JsonSerializer.Deserialize<List<GpuInfo>>(texts.Gpus, ContractJson.Options)!;

        public IReadOnlyList<string> Images { get; } = JsonSerializer.Deserialize<List<string>>(texts.Images, ContractJson.Options)!;

        public IReadOnlyList<NetworkMode>? NetworkModes { get; } =
            texts.NetworkModes is null ? null : JsonSerializer.Deserialize<List<NetworkMode>>(texts.NetworkModes, ContractJson.Options);
    }
}

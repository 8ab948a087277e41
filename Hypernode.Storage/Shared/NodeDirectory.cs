using System.Text.Json;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Storage.Model;
using Microsoft.EntityFrameworkCore;

namespace Hypernode.Storage.Shared;

internal sealed class NodeDirectory(Database database, IIdSource ids) : INodeDirectory
{
    // A node that registers again is back, so Offline becomes Active; a jail or a retirement is not shaken off that way.
    private const string Upsert = """
        insert into nodes (
            node_id, user_id, node_key, hostname, status, slots, cpu_millis, memory_mb, price_per_second, gpu_info, images, registered_at)
        select @node, users.id, @key, @hostname, 'Active', @slots, @cpu, @memory, @price, @gpus, @images, @at
        from users where wallet_address = @wallet
        on conflict (node_id) do update set
            hostname = excluded.hostname, slots = excluded.slots, cpu_millis = excluded.cpu_millis, memory_mb = excluded.memory_mb,
            price_per_second = excluded.price_per_second, gpu_info = excluded.gpu_info, images = excluded.images,
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
                ("at", at));
            if (rows == 0)
            {
                session.Abandon(); // a stranger's attempt leaves no user behind
            }

            return rows == 1;
        },
        cancellationToken);

    public async Task<NodeView?> FindAsync(NodeId id, CancellationToken cancellationToken)
    {
        var node = id.ToString();
        await using var db = database.NewContext();
        return (await ViewsAsync(db, db.Nodes.Where(n => n.NodeId == node), cancellationToken)).SingleOrDefault();
    }

    public async Task<IReadOnlyList<NodeView>> ListAsync(CancellationToken cancellationToken)
    {
        await using var db = database.NewContext();
        return await ViewsAsync(db, db.Nodes, cancellationToken);
    }

    public Task SetStatusAsync(NodeId id, NodeStatus status, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync("update nodes set status = @status where node_id = @node", ("status", status.ToString()), ("node", id)),
        cancellationToken);

    public async Task<int?> FreeSlotAsync(NodeId id, int slots, CancellationToken cancellationToken)
    {
        var node = id.ToString();
        await using var db = database.NewContext();
        var held = (await db.Leases.Where(l => l.NodeId == node && l.Live).Select(l => l.Slot).ToListAsync(cancellationToken)).ToHashSet();
        for (var slot = 0; slot < slots; slot++)
        {
            if (!held.Contains(slot))
            {
                return slot;
            }
        }

        return null;
    }

    public async Task<LeaseView?> FindLeaseAsync(JobId job, int attempt, CancellationToken cancellationToken)
    {
        var id = job.ToString();
        await using var db = database.NewContext();
        var row = await db.Leases.SingleOrDefaultAsync(l => l.JobId == id && l.Attempt == attempt, cancellationToken);
        return row is null ? null : ToView(row);
    }

    public async Task<IReadOnlyList<LeaseView>> LiveLeasesAsync(CancellationToken cancellationToken)
    {
        await using var db = database.NewContext();
        var rows = await db.Leases.Where(l => l.Live).OrderBy(l => l.JobId).ToListAsync(cancellationToken);
        return [.. rows.Select(ToView)];
    }

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

    private static async Task<List<NodeView>> ViewsAsync(HypernodeDb db, IQueryable<NodeRecord> nodes, CancellationToken cancellationToken)
    {
        var rows = await nodes
            .OrderBy(n => n.NodeId)
            .Select(n => new
            {
                Node = n,
                Authority = db.Users.Where(u => u.Id == n.UserId).Select(u => u.WalletAddress).First(),
                Busy = db.Leases.Count(l => l.NodeId == n.NodeId && l.Live),
                Seen = db.Liveness.Where(l => l.NodeId == n.NodeId).Select(l => (DateTimeOffset?)l.LastSeen).FirstOrDefault(),
            })
            .ToListAsync(cancellationToken);
        return [.. rows.Select(r => ToView(r.Node, r.Authority, r.Busy, r.Seen))];
    }

    private static NodeView ToView(NodeRecord node, string authority, int busy, DateTimeOffset? seen) => new(
        NodeId.Parse(node.NodeId),
        WalletAddress.Parse(node.NodeKey),
        WalletAddress.Parse(authority),
        node.Hostname,
        Enum.Parse<NodeStatus>(node.Status),
        new NodeOffer(
            node.Slots,
            node.CpuMillis,
            node.MemoryMb,
            StoredValue.Amount(node.PricePerSecond),
            JsonSerializer.Deserialize<List<GpuInfo>>(node.GpuInfo, ContractJson.Options)!,
            JsonSerializer.Deserialize<List<string>>(node.Images, ContractJson.Options)!),
        busy,
        node.TotalJobsCompleted,
        StoredValue.Amount(node.TotalEarned),
        node.RegisteredAt,
        seen);

    private static LeaseView ToView(LeaseRecord row) => new(
        JobId.Parse(row.JobId),
        row.Attempt,
        NodeId.Parse(row.NodeId),
        row.Slot,
        Hash256.Parse(row.Challenge),
        StoredValue.Amount(row.RatePerSecond),
        row.TakenAt,
        row.FirstBeatAt,
        row.LastBeatAt,
        row.Live);
}

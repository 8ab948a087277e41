using System.Text.Json;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Storage.Shared;
using Npgsql;
using static Hypernode.Storage.PostgreSQL.PostgresStatement;

namespace Hypernode.Storage.PostgreSQL;

/// <summary>
/// A batch as the columns that the journal's statements take. Every list is in the order of its table's key, so that all hosts
/// write in one order; <c>n</c> says which item of the batch a row belongs to.
/// </summary>
internal sealed class PostgresCommitRows
{
    private const int OfNoItem = -1;

    private readonly List<(string, NpgsqlParameter)> _values = [];

    public PostgresCommitRows(IReadOnlyList<SagaCommit> batch, IReadOnlyCollection<Guid> delivered)
    {
        Item[] items = [.. batch.Select((commit, n) => new Item(n, commit)).OrderBy(i => i.Job?.Id.Value ?? Guid.Empty)];
        AddItems(items);
        AddTakes([.. items.Where(i => i.Commit.Lease is { Take: true })]);
        AddHistory([.. items.SelectMany(i => CommitShape.History(i.Commit).Select(h => (Item: i, h.Step, h.Entered)))]);
        AddGone([
            .. items.SelectMany(i => CommitShape.Consumed(i.Commit).Select(id => (i.N, Id: id)))
                .Concat(delivered.Select(id => (N: OfNoItem, Id: id)))
                .OrderBy(g => g.Id)]);
        AddOutbox([.. items.SelectMany(i => i.Commit.Outbox.Select(m => (Item: i, Message: m))).OrderBy(m => m.Message.MessageId)]);
        AddTimers(items);
        Jobs = [.. items.Where(i => i.Job is not null).Select(i => i.Job!.Id.ToString())];
        Nodes = [.. items.SelectMany(NodesOf).Distinct()];
    }

    /// <summary>To be locked.</summary>
    public string[] Jobs { get; }

    /// <summary>To be locked: a slot of theirs is wanted, or their totals rise.</summary>
    public string[] Nodes { get; }

    public IReadOnlyCollection<(string Name, NpgsqlParameter Value)> Values => _values;

    private static IEnumerable<string> NodesOf(Item item)
    {
        if (item.Commit.Lease is { Take: true } lease)
        {
            yield return lease.NodeId.ToString();
        }

        if (item.Job is { } job && CommitShape.Pays(job))
        {
            yield return job.AssignedNode!.Value.ToString();
        }
    }

    private void AddItems(Item[] items)
    {
        Add("n", items, i => i.N);
        Add("message", items, i => i.Commit.MessageId);
        Add("at", items, i => i.At);
        Add("job", items, i => i.Job?.Id.ToString());
        Add("version", items, i => i.Job?.ExpectedVersion);
        Add("state", items, i => i.Job?.State);
        Add("status", items, i => i.Job is { } job ? JobStateNames.ToStatus(job.State) : null);
        Add("saga", items, i => i.Job?.Body);
        Add("attempt", items, i => i.Job?.Attempt);
        Add("node", items, i => i.Job?.AssignedNode?.ToString());
        Add("outcome", items, i => i.Job?.Outcome);
        Add("escrow", items, i => i.Job?.EscrowAddress);
        Add("execution_hash", items, i => i.Job?.ExecutionHash);
        Add("logs_hash", items, i => i.Job?.LogsHash);
        Add("proof", items, i => i.Job?.ProofSignature);
        Add("charge", items, i => Amount(i.Job?.Settlement?.Charge));
        Add("node_share", items, i => Amount(i.Job?.Settlement?.NodeShare));
        Add("protocol_fee", items, i => Amount(i.Job?.Settlement?.ProtocolFee));
        Add("platform_fee", items, i => Amount(i.Job?.Settlement?.PlatformFee));
        Add("refund", items, i => Amount(i.Job?.Settlement?.Refund));
        Add("signatures", items, i => i.Job is { } job ? JsonSerializer.Serialize(job.Signatures, ContractJson.Options) : null);
        Add("ended", items, i => i.Job is { } job && JobStateNames.IsTerminal(job.State));
        Add("pays", items, i => i.Job is { } job && CommitShape.Pays(job));
        Add("take", items, i => i.Commit.Lease is { Take: true });
        Add("release", items, i => i.Commit.Lease is { Take: false });
    }

    private void AddTakes(Item[] items)
    {
        Add("take_n", items, i => i.N);
        Add("take_job", items, i => i.Job!.Id.ToString());
        Add("take_attempt", items, i => i.Commit.Lease!.Attempt);
        Add("take_node", items, i => i.Commit.Lease!.NodeId.ToString());
        Add("take_slot", items, i => i.Commit.Lease!.Slot);
        Add("take_challenge", items, i => i.Commit.Lease!.Challenge);
        Add("take_rate", items, i => StoredValue.Of(i.Commit.Lease!.RatePerSecond));
        Add("take_at", items, i => i.At);
    }

    private void AddHistory((Item Item, int Step, StateEntered Entered)[] steps)
    {
        Add("history_n", steps, h => h.Item.N);
        Add("history_job", steps, h => h.Item.Job!.Id.ToString());
        Add("history_version", steps, h => h.Item.Job!.ExpectedVersion + 1);
        Add("history_step", steps, h => h.Step);
        Add("history_state", steps, h => h.Entered.State);
        Add("history_at", steps, h => h.Item.At);
        Add("history_cause", steps, h => StoredValue.Clean(h.Entered.Cause));
        Add("history_attempt", steps, h => h.Entered.Attempt);
    }

    private void AddGone((int N, Guid Id)[] gone)
    {
        Add("gone_n", gone, g => g.N);
        Add("gone_id", gone, g => g.Id);
    }

    private void AddOutbox((Item Item, OutboxMessage Message)[] messages)
    {
        Add("out_n", messages, m => m.Item.N);
        Add("out_id", messages, m => m.Message.MessageId);
        Add("out_destination", messages, m => m.Message.Destination);
        Add("out_type", messages, m => m.Message.Type);
        Add("out_body", messages, m => m.Message.Body);
        Add("out_job", messages, m => m.Message.JobId?.ToString());
        Add("out_at", messages, m => m.Item.At);
        Add("out_owner", messages, m => m.Message.Owner);
        Add("out_until", messages, m => StoredValue.Truncate(m.Message.TakenUntil));
    }

    private void AddTimers(Item[] items)
    {
        var changes = items
            .SelectMany(i => CommitShape.Timers(i.Commit).Select(t => (i.N, Timer: t)))
            .OrderBy(t => t.Timer.JobId.Value).ThenBy(t => t.Timer.Kind)
            .ToLookup(t => t.Timer.DueAt is not null);
        var set = changes[true].ToArray();
        Add("set_n", set, t => t.N);
        Add("set_job", set, t => t.Timer.JobId.ToString());
        Add("set_kind", set, t => t.Timer.Kind.ToString());
        Add("set_due", set, t => StoredValue.Truncate(t.Timer.DueAt!.Value));
        Add("set_epoch", set, t => t.Timer.Epoch);
        Add("set_type", set, t => t.Timer.Type);
        Add("set_body", set, t => t.Timer.Body);

        var cancelled = changes[false].ToArray();
        Add("cancel_n", cancelled, t => t.N);
        Add("cancel_job", cancelled, t => t.Timer.JobId.ToString());
        Add("cancel_kind", cancelled, t => t.Timer.Kind.ToString());
    }

    private void Add<TRow, T>(string name, TRow[] rows, Func<TRow, T> column) => _values.Add(Of(name, Array.ConvertAll(rows, r => column(r))));

    private static long? Amount(HyperAmount? amount) => amount is { } value ? StoredValue.Of(value) : null;

    private sealed record Item(int N, SagaCommit Commit)
    {
        public JobRow? Job => Commit.Job;

        public DateTimeOffset At { get; } = StoredValue.Truncate(Commit.At);
    }
}

using System.Text.Json;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Storage.Shared;
using Npgsql;
using NpgsqlTypes;

namespace Hypernode.Storage.PostgreSQL;

/// <summary>The saga's hot path: one round trip and one fsync a commit.</summary>
internal sealed class PostgresSagaJournal(PostgresDatabase database) : ISagaJournal
{
    public async Task<StoredSaga?> LoadAsync(JobId id, CancellationToken cancellationToken)
    {
        await using var command = database.Source.CreateCommand("select state, version, saga from jobs where job_id = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id.ToString() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new StoredSaga(id, reader.GetString(0), reader.GetInt32(1), reader.GetString(2))
            : null;
    }

    public async Task<CommitResult> CommitAsync(SagaCommit commit, CancellationToken cancellationToken)
    {
        CommitShape.Check(commit);
        var result = await PostgresDatabase.WithRetryAsync(() => TryCommitAsync(commit, cancellationToken));
        if (result == CommitResult.Duplicate)
        {
            // Handled before: its rows must go, or a relay would send it for ever.
            await PostgresOutbox.RemoveAsync(database.Source, CommitShape.Consumed(commit), cancellationToken);
        }

        return result;
    }

    private async Task<CommitResult> TryCommitAsync(SagaCommit commit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Source.OpenConnectionAsync(cancellationToken);
        try
        {
            var (fits, written) = await ExecuteAsync(connection, commit, cancellationToken);
            if (written)
            {
                return CommitResult.Committed;
            }

            if (fits && commit.Job is not null)
            {
                return CommitResult.SlotTaken;
            }
        }
        catch (PostgresException e) when (e is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "inbox_pkey" })
        {
            return CommitResult.Duplicate; // the same message committed beside us, between our look and our write
        }

        return await KnowsAsync(connection, commit.MessageId, cancellationToken) ? CommitResult.Duplicate : CommitResult.VersionConflict;
    }

    private static async Task<(bool Fits, bool Written)> ExecuteAsync(NpgsqlConnection connection, SagaCommit commit, CancellationToken cancellationToken)
    {
        // No explicit transaction: the statement is one, and its answer comes after its fsync.
        await using var command = new NpgsqlCommand(commit.Job is null ? PostgresJournalSql.Ignored : PostgresJournalSql.Transition, connection);
        AddEffects(command.Parameters, commit);
        if (commit.Job is { } job)
        {
            AddJob(command.Parameters, job, commit);
            AddLease(command.Parameters, commit.Lease);
        }

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt32(0) == 1, reader.GetInt32(1) == 1);
    }

    private static async Task<bool> KnowsAsync(NpgsqlConnection connection, Guid messageId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select 1 from inbox where message_id = $1", connection);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = messageId });
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    private static void AddEffects(NpgsqlParameterCollection parameters, SagaCommit commit)
    {
        Add(parameters, "message", NpgsqlDbType.Uuid, commit.MessageId);
        Add(parameters, "at", NpgsqlDbType.TimestampTz, StoredValue.Truncate(commit.At));
        Add(parameters, "consumed", NpgsqlDbType.Array | NpgsqlDbType.Uuid, CommitShape.Consumed(commit));

        var messages = commit.Outbox;
        Add(parameters, "out_ids", NpgsqlDbType.Array | NpgsqlDbType.Uuid, messages.Select(m => m.MessageId).ToArray());
        AddTexts(parameters, "out_destinations", messages.Select(m => m.Destination));
        AddTexts(parameters, "out_types", messages.Select(m => m.Type));
        AddTexts(parameters, "out_bodies", messages.Select(m => m.Body));
        AddTexts(parameters, "out_jobs", messages.Select(m => m.JobId?.ToString()));

        var (set, gone) = CommitShape.Timers(commit);
        AddTexts(parameters, "set_jobs", set.Select(t => t.JobId.ToString()));
        AddTexts(parameters, "set_kinds", set.Select(t => t.Kind.ToString()));
        Add(parameters, "set_due", NpgsqlDbType.Array | NpgsqlDbType.TimestampTz, set.Select(t => StoredValue.Truncate(t.DueAt!.Value)).ToArray());
        Add(parameters, "set_epochs", NpgsqlDbType.Array | NpgsqlDbType.Integer, set.Select(t => t.Epoch).ToArray());
        AddTexts(parameters, "set_types", set.Select(t => t.Type));
        AddTexts(parameters, "set_bodies", set.Select(t => t.Body));
        AddTexts(parameters, "gone_jobs", gone.Select(t => t.JobId.ToString()));
        AddTexts(parameters, "gone_kinds", gone.Select(t => t.Kind.ToString()));
    }

    private static void AddJob(NpgsqlParameterCollection parameters, JobRow job, SagaCommit commit)
    {
        AddText(parameters, "job", job.Id.ToString());
        Add(parameters, "version", NpgsqlDbType.Integer, job.ExpectedVersion);
        AddText(parameters, "state", job.State);
        AddText(parameters, "status", JobStateNames.ToStatus(job.State));
        AddText(parameters, "saga", job.Body);
        Add(parameters, "attempt", NpgsqlDbType.Integer, job.Attempt);
        AddText(parameters, "node", job.AssignedNode?.ToString());
        AddText(parameters, "outcome", job.Outcome);
        AddText(parameters, "escrow", job.EscrowAddress);
        AddText(parameters, "execution_hash", job.ExecutionHash);
        AddText(parameters, "logs_hash", job.LogsHash);
        AddText(parameters, "proof", job.ProofSignature);
        AddAmount(parameters, "charge", job.Settlement?.Charge);
        AddAmount(parameters, "node_share", job.Settlement?.NodeShare);
        AddAmount(parameters, "protocol_fee", job.Settlement?.ProtocolFee);
        AddAmount(parameters, "platform_fee", job.Settlement?.PlatformFee);
        AddAmount(parameters, "refund", job.Settlement?.Refund);
        AddText(parameters, "signatures", JsonSerializer.Serialize(job.Signatures, ContractJson.Options));
        Add(parameters, "completed_at", NpgsqlDbType.TimestampTz, JobStateNames.IsTerminal(job.State) ? StoredValue.Truncate(commit.At) : null);
        AddTexts(parameters, "entered", job.Entered);
        AddText(parameters, "cause", StoredValue.Clean(job.Cause));
        Add(parameters, "paid", NpgsqlDbType.Boolean, CommitShape.Pays(job));
    }

    private static void AddLease(NpgsqlParameterCollection parameters, LeaseChange? lease)
    {
        Add(parameters, "take", NpgsqlDbType.Boolean, lease is { Take: true });
        Add(parameters, "release", NpgsqlDbType.Boolean, lease is { Take: false });
        Add(parameters, "lease_attempt", NpgsqlDbType.Integer, lease?.Attempt);
        AddText(parameters, "lease_node", lease?.NodeId.ToString());
        Add(parameters, "lease_slot", NpgsqlDbType.Integer, lease?.Slot);
        AddText(parameters, "challenge", lease?.Challenge);
        AddAmount(parameters, "rate", lease?.RatePerSecond);
    }

    private static void Add(NpgsqlParameterCollection parameters, string name, NpgsqlDbType type, object? value) =>
        parameters.Add(new NpgsqlParameter(name, type) { Value = value ?? DBNull.Value });

    private static void AddText(NpgsqlParameterCollection parameters, string name, string? value) =>
        Add(parameters, name, NpgsqlDbType.Text, value);

    private static void AddAmount(NpgsqlParameterCollection parameters, string name, Contracts.Money.HyperAmount? value) =>
        Add(parameters, name, NpgsqlDbType.Bigint, value is { } amount ? StoredValue.Of(amount) : null);

    private static void AddTexts(NpgsqlParameterCollection parameters, string name, IEnumerable<string?> values) =>
        Add(parameters, name, NpgsqlDbType.Array | NpgsqlDbType.Text, values.ToArray());
}

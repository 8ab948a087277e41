using System.Text.Json;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Timers;
using Hypernode.Contracts.Topology;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hypernode.Storage.Shared;

/// <summary>
/// User, job, intent, history, the first message and its timer in one transaction. The unique keys decide races (I6): a submission
/// inserts all of its rows or none, and then says what was there before it.
/// </summary>
internal sealed partial class JobIntake(Database database, IIdSource ids, IServiceProvider services, ILogger<JobIntake> logger) : IJobIntake
{
    private const int MaxTries = 10;

    // It is handed over at once, and goes with the saga's first commit: no relay need look at it before.
    private static readonly TimeSpan _onItsWay = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan _sentAgainAfter = TimeSpan.FromSeconds(60);

    private const string InsertJob = """
        insert into jobs (
            job_id, user_id, job_type, description, status, state, version, attempt, payment_amount, payment_intent_id,
            signatures, spec, spec_hash, settle_by, salt, estimated_time, saga, created_at)
        select
            @job, users.id, @type, @description, 'pending', 'Initial', 0, 0, @amount, @intent,
            '[]', @spec, @spec_hash, @settle_by, @salt, @estimated_time, '{}', @at
        from users where wallet_address = @wallet
        on conflict do nothing
        """;

    private const string InsertIntent = """
        insert into payment_intents (intent_id, client, amount, job_id, signature, nonce, status, created_at, expires_at, used_at)
        values (@intent, @wallet, @amount, @job, @signature, @nonce, 'pending', @created_at, @expires_at, @at)
        on conflict do nothing
        """;

    private const string InsertHistory = """
        insert into job_transitions (job_id, version, step, state, at, cause, attempt)
        values (@job, 0, 1, 'Submitted', @at, 'accepted', 0)
        """;

    private const string InsertMessage = """
        insert into outbox (message_id, destination, type, body, job_id, created_at, taken_until)
        values (@id, @destination, @type, @body, @job, @at, @until)
        """;

    // The saga's first step replaces it. Until then it is what wakes the job (I7): a first message that is lost comes again.
    private const string InsertTimer = """
        insert into timers (job_id, kind, due_at, epoch, type, body) values (@job, @kind, @due, 0, @type, @body)
        """;

    public async Task<IntakeResult> SubmitAsync(JobSubmission submission, CancellationToken cancellationToken)
    {
        var message = FirstMessage(submission);
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (await database.WriteAsync(session => InsertAsync(session, submission, message), cancellationToken))
            {
                await DispatchAsync(message, cancellationToken);
                return IntakeResult.Accepted;
            }

            if (await WhatWasThereAsync(submission, cancellationToken) is { } result)
            {
                return result;
            }

            // The row that stood in the way was rolled back: try again.
        }

        throw new IOException($"the storage refused job {submission.Intent.JobId} {MaxTries} times and can't say why");
    }

    private OutboxMessage FirstMessage(JobSubmission s)
    {
        var submitted = new JobSubmitted(s.Intent.JobId, s.Intent, s.Signature, s.Spec, s.SpecHash, s.SettleBy, s.Salt);
        return new OutboxMessage(
            ids.NewId(),
            Queues.JobSaga,
            typeof(JobSubmitted).FullName!,
            JsonSerializer.Serialize(submitted, ContractJson.Options),
            s.Intent.JobId,
            TakenUntil: StoredValue.Truncate(s.At + _onItsWay));
    }

    /// <summary>False, and nothing written: a key is taken.</summary>
    private async Task<bool> InsertAsync(Session session, JobSubmission s, OutboxMessage message)
    {
        var intent = s.Intent;
        await UserRows.EnsureAsync(session, ids, intent.Client, s.At);
        var job = await session.ExecuteAsync(
            InsertJob,
            ("job", intent.JobId),
            ("wallet", intent.Client),
            ("type", s.Spec.Type.ToString()),
            ("description", StoredValue.Clean(s.Spec.Description)),
            ("amount", intent.Amount),
            ("intent", intent.IntentId),
            ("spec", JsonSerializer.Serialize(s.Spec, ContractJson.Options)),
            ("spec_hash", s.SpecHash),
            ("settle_by", s.SettleBy),
            ("salt", s.Salt),
            ("estimated_time", s.Spec.EstimatedTime),
            ("at", s.At));
        if (job == 0 || await session.ExecuteAsync(
            InsertIntent,
            ("intent", intent.IntentId),
            ("wallet", intent.Client),
            ("amount", intent.Amount),
            ("job", intent.JobId),
            ("signature", s.Signature),
            ("nonce", intent.Nonce),
            ("created_at", DateTimeOffset.FromUnixTimeMilliseconds(intent.Timestamp)),
            ("expires_at", DateTimeOffset.FromUnixTimeMilliseconds(intent.ExpiresAt)),
            ("at", s.At)) == 0)
        {
            session.Abandon();
            return false;
        }

        await session.ExecuteAsync(InsertHistory, ("job", intent.JobId), ("at", s.At));
        await session.ExecuteAsync(
            InsertMessage,
            ("id", message.MessageId),
            ("destination", message.Destination),
            ("type", message.Type),
            ("body", message.Body),
            ("job", message.JobId),
            ("at", s.At),
            ("until", message.TakenUntil));
        await session.ExecuteAsync(
            InsertTimer,
            ("job", intent.JobId),
            ("kind", nameof(TimerKind.Step)),
            ("due", s.At + _sentAgainAfter),
            ("type", message.Type),
            ("body", message.Body));
        return true;
    }

    /// <summary>Null: nothing is there any more.</summary>
    private async Task<IntakeResult?> WhatWasThereAsync(JobSubmission s, CancellationToken cancellationToken)
    {
        var (intent, wallet, nonce, job) =
            (s.Intent.IntentId.ToString(), s.Intent.Client.ToString(), s.Intent.Nonce.ToString(), s.Intent.JobId.ToString());
        await using var db = database.NewContext();
        var rows = await db.PaymentIntents
            .Where(i => i.IntentId == intent || i.JobId == job || (i.Client == wallet && i.Nonce == nonce))
            .Join(db.Jobs, i => i.JobId, j => j.JobId, (i, j) => new { Intent = i, j.SpecHash })
            .ToListAsync(cancellationToken);
        if (rows.Any(r => r.Intent.IntentId == intent && r.Intent.Client == wallet && r.Intent.Nonce == nonce
            && r.Intent.JobId == job && r.Intent.Signature == s.Signature && r.SpecHash == s.SpecHash.ToString()))
        {
            return IntakeResult.Repeated;
        }

        if (rows.Any(r => r.Intent.Client == wallet && r.Intent.Nonce == nonce))
        {
            return IntakeResult.NonceUsed;
        }

        return rows switch
        {
            [] => null,
            _ when rows.Any(r => r.Intent.IntentId == intent) => IntakeResult.IntentUsed,
            _ => IntakeResult.JobUsed,
        };
    }

    private async Task DispatchAsync(OutboxMessage message, CancellationToken cancellationToken)
    {
        // Looked up late: the dispatcher's bus needs the storage too. A host without one leaves the row to another's relay.
        if (services.GetService<IOutboxDispatcher>() is not { } dispatcher)
        {
            return;
        }

        try
        {
            await dispatcher.DispatchAsync([message], cancellationToken);
        }
        catch (Exception e) when (e is not OutOfMemoryException && !(e is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            // Accepted is accepted: the row is durable, the relay sends it.
            LogNotDispatched(e, message.JobId);
        }
    }

    [LoggerMessage(EventId = 5301, Level = LogLevel.Warning, Message = "{JobId}: accepted, but its first message did not go out at once; the relay sends it")]
    private partial void LogNotDispatched(Exception reason, JobId? jobId);
}

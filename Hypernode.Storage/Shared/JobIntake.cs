using System.Text.Json;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Topology;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hypernode.Storage.Shared;

/// <summary>
/// User, job, intent, history, the first message and its timer in one transaction, shared by all submissions that come at the same
/// time. The unique keys decide races (I6): each inserts all of its rows or none, and then says what was there before it.
/// </summary>
internal sealed partial class JobIntake : IJobIntake
{
    private const int MaxTries = 10;
    private const int LargestGroup = 64;

    // It is handed over at once, and goes with the saga's first commit: no relay need look at it before.
    private static readonly TimeSpan _onItsWay = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan _sentAgainAfter = TimeSpan.FromSeconds(60);

    private readonly Grouping<NewJob, IntakeResult> _group;
    private readonly IIntakeWriter _writer;
    private readonly IIdSource _ids;
    private readonly IServiceProvider _services;
    private readonly ILogger<JobIntake> _logger;

    public JobIntake(Database database, IIntakeWriter writer, IIdSource ids, IServiceProvider services, ILogger<JobIntake> logger)
    {
        (_writer, _ids, _services, _logger) = (writer, ids, services, logger);
        _group = new Grouping<NewJob, IntakeResult>(WriteAsync, LargestGroup, database.GatherAsync);
    }

    public async Task<IntakeResult> SubmitAsync(JobSubmission submission, CancellationToken cancellationToken)
    {
        _ = StoredValue.Of(submission.Signature.Funded(submission.Intent.Amount));
        _ = StoredValue.Of(submission.Intent.Amount); // more than a column holds: refused before it joins the others
        var message = FirstMessage(submission);
        var job = new NewJob(submission, _ids.NewId(), message, submission.At + _sentAgainAfter);
        var result = await _group.AskAsync(job, cancellationToken);
        if (result == IntakeResult.Accepted)
        {
            await DispatchAsync(message, cancellationToken);
        }

        return result;
    }

    private async Task<IReadOnlyList<IntakeResult>> WriteAsync(IReadOnlyList<NewJob> jobs)
    {
        var results = new IntakeResult?[jobs.Count];
        for (var tries = 0; ; tries++)
        {
            int[] open = [.. Enumerable.Range(0, jobs.Count).Where(i => results[i] is null)];
            if (open.Length == 0)
            {
                return [.. results.Select(r => r!.Value)];
            }

            if (tries == MaxTries)
            {
                throw new IOException($"the storage refused {open.Length} jobs {MaxTries} times and can't say why");
            }

            var answers = await _writer.WriteAsync([.. open.Select(i => jobs[i])], CancellationToken.None);
            foreach (var (i, answer) in open.Zip(answers))
            {
                results[i] = answer;
            }
        }
    }

    private OutboxMessage FirstMessage(JobSubmission s)
    {
        var submitted = new JobSubmitted(s.Intent.JobId, s.Intent, s.Signature, s.Spec, s.SpecHash, s.SettleBy, s.Salt);
        return new OutboxMessage(
            _ids.NewId(),
            Queues.JobSaga,
            typeof(JobSubmitted).FullName!,
            JsonSerializer.Serialize(submitted, ContractJson.Options),
            s.Intent.JobId,
            TakenUntil: StoredValue.Truncate(s.At + _onItsWay));
    }

    private async Task DispatchAsync(OutboxMessage message, CancellationToken cancellationToken)
    {
        // Looked up late: the dispatcher's bus needs the storage too. A host without one leaves the row to another's relay.
        if (_services.GetService<IOutboxDispatcher>() is not { } dispatcher)
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

using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text;
using Hypernode.Api.Facilitator;
using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;

namespace Hypernode.Api.Jobs;

/// <summary>A wallet's own jobs.</summary>
internal static class JobsEndpoints
{
    private const int DefaultPage = 50;
    private const int MaxPage = 200;
    private static readonly string[] Statuses = ["pending", "running", "completed", "failed", "refunded"];

    /// <summary>
    /// A view that is asked for again is the same object until the job changes, and its answer with it. A history that was read a
    /// moment later may know of the next change already; then the next view is another.
    /// </summary>
    private static readonly ConditionalWeakTable<JobView, TaggedAnswer> Answers = [];

    public static void MapJobs(this IEndpointRouteBuilder app)
    {
        var jobs = app.MapGroup("/api/jobs").WithTags("Jobs");
        jobs.MapGet("/", ListAsync)
            .AnswersTagged<JobPage>()
            .Refuses(400)
            .WithSummary("The wallet's jobs, newest first: ?limit=, ?cursor=, ?status=pending|running|completed|failed|refunded.");
        jobs.MapGet("/{jobId}", FindAsync)
            .AnswersTagged<JobAnswer>()
            .Refuses(404)
            .WithSummary("A job: its states with times and causes, its payment, its transactions.");
        jobs.MapPost("/cancel/{jobId}", CancelAsync)
            .Answers<SubmitJobAnswer>(202)
            .Refuses(404, 409)
            .NeedsStorage()
            .KeepsAnswers()
            .WithSummary("Asks for the job's end: before assignment it is refunded in full, while it runs it is charged as metered.");
        jobs.MapJobLogs();
        jobs.MapJobResult();
        jobs.MapJobReceipt();
        jobs.MapJobExplain();
    }

    private static async Task<IResult> ListAsync(
        ClaimsPrincipal user,
        string? limit,
        string? cursor,
        string? status,
        IJobReader jobs,
        CancellationToken cancellationToken)
    {
        var errors = new List<FieldError>();
        var size = DefaultPage;
        if (limit is not null && (!int.TryParse(limit, out size) || size is < 1 or > MaxPage))
        {
            errors.Add(new("?limit", "out-of-range", $"must be from 1 to {MaxPage}"));
        }

        if (status is not null && !Statuses.Contains(status, StringComparer.Ordinal))
        {
            errors.Add(new("?status", "unknown-value", $"must be one of {string.Join(", ", Statuses)}"));
        }

        (DateTimeOffset, JobId)? before = null;
        if (cursor is not null && !TryReadCursor(cursor, out before))
        {
            errors.Add(new("?cursor", "malformed", "must be the next of an earlier page"));
        }

        if (errors.Count > 0)
        {
            return Problem.InvalidFields(errors);
        }

        // One more than asked for says whether there is a next page.
        var found = await jobs.ListAsync(user.Wallet(), status, before, size + 1, cancellationToken);
        var page = found.Take(size).ToList();
        return TaggedAnswer.Of(new JobPage(
            [.. page.Select(JobSummary.Of)],
            found.Count > size ? CursorAt(page[^1]) : null));
    }

    private static async Task<IResult> FindAsync(HttpContext context, string jobId, IJobReader jobs, CancellationToken cancellationToken)
    {
        var job = context.JobOf(jobId);
        if (!Answers.TryGetValue(job, out var answer))
        {
            answer = TaggedAnswer.Of(JobAnswer.Of(job, await jobs.HistoryAsync(job.Id, cancellationToken)));
            Answers.AddOrUpdate(job, answer);
        }

        return answer;
    }

    private static async Task<IResult> CancelAsync(
        HttpContext context,
        string jobId,
        IMessageSender messages,
        CancellationToken cancellationToken)
    {
        var job = context.JobOf(jobId);
        if (IsTooLateToCancel(job.State))
        {
            return Problem.Conflict("too-late", $"the job is {job.State}: it can't be cancelled any more");
        }

        // The saga decides; by then the job may have moved on, and the request is ignored.
        await messages.SendAsync(new CancelRequested(job.Id), cancellationToken);
        return ApiJson.Answer(
            new SubmitJobAnswer(job.Id.ToString(), JobSummary.StateOf(job.State), JobStateNames.ToStatus(job.State), JobLinks.Of(job.Id)),
            StatusCodes.Status202Accepted);
    }

    private static bool IsTooLateToCancel(string state) =>
        JobStateNames.IsTerminal(state)
        || state is JobStateNames.Executed or JobStateNames.Verified or JobStateNames.SettlementPending or JobStateNames.Refunding;

    private static string CursorAt(JobView job) =>
        WebEncoders.Base64UrlEncode(Encoding.ASCII.GetBytes($"{job.CreatedAt.UtcTicks}|{job.Id}"));

    private static bool TryReadCursor(string cursor, out (DateTimeOffset At, JobId Id)? before)
    {
        before = null;
        if (cursor.Length > 128)
        {
            return false;
        }

        try
        {
            var parts = Encoding.ASCII.GetString(WebEncoders.Base64UrlDecode(cursor)).Split('|');
            if (parts.Length != 2
                || !long.TryParse(parts[0], out var ticks)
                || ticks < 0
                || ticks > DateTimeOffset.MaxValue.UtcTicks
                || !JobId.TryParse(parts[1], null, out var id))
            {
                return false;
            }

            before = (new DateTimeOffset(ticks, TimeSpan.Zero), id);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}

using System.Text.Json;
using Hypernode.Api.Http;
using Hypernode.Api.Live;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Live;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Jobs;

/// <summary>
/// Follows a job's log and states as Server-Sent Events until the job has ended: <c>log</c> (its id is where to resume),
/// <c>state</c>, and one <c>end</c>.
/// </summary>
internal sealed class LogFollower(
    IJobReader jobs,
    IEvidence evidence,
    Movements movements,
    TimeProvider time,
    IHostApplicationLifetime host,
    IOptions<ApiOptions> options,
    IOptions<LiveOptions> live)
{
    private const int PageSize = 200;

    public async Task FollowAsync(HttpContext context, JobId job, (int Attempt, long Seq) after)
    {
        // A host that stops doesn't wait for its readers: they resume elsewhere.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, host.ApplicationStopping);
        try
        {
            await WriteStreamAsync(context, job, after, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Ends without an "end": the job goes on.
        }
    }

    private async Task WriteStreamAsync(HttpContext context, JobId job, (int Attempt, long Seq) after, CancellationToken cancellationToken)
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        var log = new JobLog(evidence, job, time, TimeSpan.FromMilliseconds(live.Value.LogGapMilliseconds));
        var moved = new Wake();
        using var states = movements.Watch(LiveTopic.OfJob(job), moved.Set);
        using var logs = movements.Watch(LiveTopic.OfLogs(job), moved.Set);
        var keepAlive = TimeSpan.FromSeconds(options.Value.KeepAliveSeconds);
        var poll = TimeSpan.FromMilliseconds(live.Value.PollMilliseconds);
        string? shown = null;
        var lastSign = time.GetTimestamp();
        while (true)
        {
            // The state first: what was logged before a job's end is then read below, so nothing is cut off.
            var view = await jobs.FindAsync(job, cancellationToken) ?? throw new InvalidOperationException("the job is gone");
            var wrote = await WriteLogsAsync(context.Response, log, after, JobStateNames.IsTerminal(view.State), cancellationToken);
            after = wrote ?? after;
            if (view.State != shown)
            {
                shown = view.State;
                await WriteAsync(context.Response, "state", null, StateEvent.Of(view), cancellationToken);
                wrote = after;
            }

            if (JobStateNames.IsTerminal(view.State))
            {
                await WriteAsync(context.Response, "end", null, StateEvent.Of(view), cancellationToken);
                return;
            }

            if (wrote is not null)
            {
                lastSign = time.GetTimestamp();
            }
            else if (time.GetElapsedTime(lastSign) >= keepAlive)
            {
                await context.Response.WriteAsync(": still here\n\n", cancellationToken);
                lastSign = time.GetTimestamp();
            }

            await context.Response.Body.FlushAsync(cancellationToken);
            await moved.WaitAsync(poll < keepAlive ? poll : keepAlive, time, cancellationToken);
        }
    }

    /// <summary>Where the log has been written to; null when there was nothing new.</summary>
    private static async Task<(int Attempt, long Seq)?> WriteLogsAsync(
        HttpResponse response,
        JobLog log,
        (int Attempt, long Seq) after,
        bool ended,
        CancellationToken cancellationToken)
    {
        (int, long)? reached = null;
        while (true)
        {
            var (chunks, more) = await log.ReadAsync(reached ?? after, PageSize, ended, cancellationToken);
            foreach (var chunk in chunks)
            {
                reached = JobLogsEndpoints.PositionOf(chunk);
                await WriteAsync(response, "log", JobLogsEndpoints.PositionText(reached.Value), LogAnswer.Of(chunk), cancellationToken);
            }

            if (!more)
            {
                return reached;
            }
        }
    }

    private static Task WriteAsync<T>(HttpResponse response, string name, string? id, T data, CancellationToken cancellationToken) =>
        response.WriteAsync(
            $"event: {name}\n{(id is null ? "" : $"id: {id}\n")}data: {JsonSerializer.Serialize(data, ApiJson.Options)}\n\n",
            cancellationToken);
}

/// <summary>A job's state in a stream.</summary>
public sealed record StateEvent(string State, string Status, int Attempt, string? NodeId, string? Outcome)
{
    public static StateEvent Of(JobView job) => new(
        JobSummary.StateOf(job.State),
        JobStateNames.ToStatus(job.State),
        job.Attempt,
        job.AssignedNode?.ToString(),
        job.Outcome);
}

using System.Text.Json;
using Hypernode.Api.Http;
using Hypernode.Contracts.Jobs;
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
internal sealed class LogFollower(IJobReader jobs, IEvidence evidence, TimeProvider time, IHostApplicationLifetime host, IOptions<ApiOptions> options)
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
        string? shown = null;
        var lastSign = time.GetTimestamp();
        while (true)
        {
            // The state first: what was logged before a job's end is then read below, so nothing is cut off.
            var view = await jobs.FindAsync(job, cancellationToken) ?? throw new InvalidOperationException("the job is gone");
            var wrote = await WriteLogsAsync(context.Response, job, after, cancellationToken);
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
            else if (time.GetElapsedTime(lastSign) >= TimeSpan.FromSeconds(options.Value.KeepAliveSeconds))
            {
                await context.Response.WriteAsync(": still here\n\n", cancellationToken);
                lastSign = time.GetTimestamp();
            }

            await context.Response.Body.FlushAsync(cancellationToken);
            await Task.Delay(TimeSpan.FromMilliseconds(options.Value.FollowMilliseconds), time, cancellationToken);
        }
    }

    /// <summary>Where the log has been written to; null when there was nothing new.</summary>
    private async Task<(int Attempt, long Seq)?> WriteLogsAsync(
        HttpResponse response,
        JobId job,
        (int Attempt, long Seq) after,
        CancellationToken cancellationToken)
    {
        (int, long)? reached = null;
        while (true)
        {
            var chunks = await evidence.ReadLogsAsync(job, reached ?? after, PageSize, cancellationToken);
            foreach (var chunk in chunks)
            {
                reached = JobLogsEndpoints.PositionOf(chunk);
                await WriteAsync(response, "log", JobLogsEndpoints.PositionText(reached.Value), LogAnswer.Of(chunk), cancellationToken);
            }

            if (chunks.Count < PageSize)
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

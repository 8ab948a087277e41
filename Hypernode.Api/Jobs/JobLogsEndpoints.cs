using System.Text;
using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hypernode.Api.Jobs;

/// <summary>What a job printed: a page of JSON, plain text, or a stream that follows it (Server-Sent Events).</summary>
internal static class JobLogsEndpoints
{
    private const int PageSize = 500;
    private static readonly (int Attempt, long Seq) Start = (0, -1);

    public static void MapJobLogs(this IEndpointRouteBuilder jobs) =>
        jobs.MapGet("/{jobId}/logs", ReadAsync)
            .Produces<LogPage>(200, "application/json", "text/plain", "text/event-stream")
            .Refuses(400, 404)
            .TakesHeader("Last-Event-ID", "where to resume: the id of the last log event that came")
            .WithSummary("Log chunks after ?cursor=; Accept: text/plain for the output alone, text/event-stream to follow (resumes at Last-Event-ID).");

    private static async Task<IResult> ReadAsync(
        HttpContext context,
        string jobId,
        string? cursor,
        IEvidence evidence,
        LogFollower follower,
        CancellationToken cancellationToken)
    {
        var job = context.JobOf(jobId);
        var accept = context.Request.Headers.Accept.ToString();
        var position = cursor ?? context.Request.Headers["Last-Event-ID"].FirstOrDefault();
        var after = Start;
        if (!string.IsNullOrEmpty(position) && !TryReadPosition(position, out after))
        {
            return Problem.InvalidField(cursor is null ? "Last-Event-ID" : "?cursor", "malformed", "must be an attempt, a dot and a number, as it was given");
        }

        if (accept.Contains("text/event-stream", StringComparison.OrdinalIgnoreCase))
        {
            return new Following(follower, job.Id, after);
        }

        if (accept.Contains("text/plain", StringComparison.OrdinalIgnoreCase))
        {
            return new PlainText(evidence, job.Id, after);
        }

        var chunks = await evidence.ReadLogsAsync(job.Id, after, PageSize, cancellationToken);
        return ApiJson.Answer(new LogPage(
            [.. chunks.Select(LogAnswer.Of)],
            chunks.Count == 0 ? PositionText(after) : PositionText(PositionOf(chunks[^1])),
            chunks.Count < PageSize && JobStateNames.IsTerminal(job.State)));
    }

    public static (int Attempt, long Seq) PositionOf(StoredChunk chunk) => (chunk.Chunk.Attempt, chunk.Chunk.Seq);

    public static string PositionText((int Attempt, long Seq) position) => $"{position.Attempt}.{position.Seq}";

    private static bool TryReadPosition(string text, out (int Attempt, long Seq) position)
    {
        position = default;
        var parts = text.Split('.');
        if (parts.Length != 2 || !int.TryParse(parts[0], out var attempt) || !long.TryParse(parts[1], out var seq) || attempt < 0 || seq < -1)
        {
            return false;
        }

        position = (attempt, seq);
        return true;
    }

    /// <summary>The job's own output as raw bytes, without the agent's remarks.</summary>
    private sealed record PlainText(IEvidence Evidence, JobId Job, (int Attempt, long Seq) After) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var cancellationToken = httpContext.RequestAborted;
            httpContext.Response.ContentType = "text/plain; charset=utf-8";
            var after = After;
            while (true)
            {
                var chunks = await Evidence.ReadLogsAsync(Job, after, PageSize, cancellationToken);
                foreach (var chunk in chunks.Where(c => c.Chunk.Stream is "stdout" or "stderr"))
                {
                    await httpContext.Response.Body.WriteAsync(chunk.Chunk.Data, cancellationToken);
                }

                if (chunks.Count < PageSize)
                {
                    return;
                }

                after = PositionOf(chunks[^1]);
            }
        }
    }

    private sealed record Following(LogFollower Follower, JobId Job, (int Attempt, long Seq) After) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => Follower.FollowAsync(httpContext, Job, After);
    }
}

/// <param name="Next">Goes into ?cursor= for what comes after.</param>
/// <param name="Complete">True when the job has ended and this was the last page.</param>
public sealed record LogPage(IReadOnlyList<LogAnswer> Items, string Next, bool Complete);

/// <param name="Stream"><c>agent</c>, <c>stdout</c> or <c>stderr</c>.</param>
/// <param name="At">ms since the epoch, of the node's clock.</param>
/// <param name="ReceivedAt">ms since the epoch, of ours.</param>
/// <param name="Text">The data as UTF-8; a character that two chunks share shows as U+FFFD.</param>
/// <param name="Data">The raw bytes in base64.</param>
/// <param name="Hash">The chain's hash up to this chunk.</param>
public sealed record LogAnswer(int Attempt, long Seq, string Stream, long At, long ReceivedAt, string Text, string Data, string Hash)
{
    public static LogAnswer Of(StoredChunk stored) => new(
        stored.Chunk.Attempt,
        stored.Chunk.Seq,
        stored.Chunk.Stream,
        stored.Chunk.At,
        stored.ReceivedAt.ToUnixTimeMilliseconds(),
        Encoding.UTF8.GetString(stored.Chunk.Data),
        Convert.ToBase64String(stored.Chunk.Data),
        stored.Chunk.Hash.ToString());
}

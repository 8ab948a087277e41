using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Hypernode.Contracts.Jobs;

namespace Hypernode.Client;

/// <summary>What becomes of a job.</summary>
public sealed partial class HypernodeClient
{
    public Task<JobAnswer> JobAsync(string jobId, CancellationToken cancellationToken = default) => GetAsync<JobAnswer>(RouteOf(jobId), cancellationToken);

    /// <summary>The wallet's jobs, newest first, page after page.</summary>
    /// <param name="status"><c>pending</c>, <c>running</c>, <c>completed</c>, <c>failed</c> or <c>refunded</c>; null: all.</param>
    public async IAsyncEnumerable<JobSummary> JobsAsync(string? status = null, int pageSize = 50, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (string? cursor = null; ;)
        {
            var page = await JobPageAsync(status, cursor, pageSize, cancellationToken);
            foreach (var job in page.Items)
            {
                yield return job;
            }

            if ((cursor = page.Next) is null)
            {
                yield break;
            }
        }
    }

    /// <param name="cursor">The page before's <c>Next</c>; null: the first page.</param>
    public Task<JobPage> JobPageAsync(string? status = null, string? cursor = null, int limit = 50, CancellationToken cancellationToken = default) =>
        GetAsync<JobPage>(
            $"/api/jobs?limit={limit}{(status is null ? "" : $"&status={Escaped(status)}")}{(cursor is null ? "" : $"&cursor={Escaped(cursor)}")}", cancellationToken);

    public Task<JobExplanation> ExplainJobAsync(string jobId, CancellationToken cancellationToken = default) =>
        GetAsync<JobExplanation>($"{RouteOf(jobId)}/explain", cancellationToken);

    /// <summary>Asks for its end: before a node has it everything comes back, later it is charged as metered. May be repeated.</summary>
    /// <exception cref="RefusedException">409: it is too late.</exception>
    public Task<SubmittedJob> CancelAsync(string jobId, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        PostAsync<SubmittedJob>($"/api/jobs/cancel/{Escaped(jobId)}", new { }, mayRepeat: true, cancellationToken, idempotencyKey);

    /// <summary>Waits until the job has ended, however long that takes; cancel to wait no longer. Unchanged answers are not sent again.</summary>
    public async Task<JobAnswer> WaitAsync(string jobId, CancellationToken cancellationToken = default)
    {
        for (System.Net.Http.Headers.EntityTagHeaderValue? known = null; ;)
        {
            await RenewAsync(cancellationToken);
            using (var answer = await _transport.SendAsync(() => Asking(known), mayRepeat: true, cancellationToken))
            {
                if (answer.StatusCode != HttpStatusCode.NotModified)
                {
                    var job = await ReadAsync<JobAnswer>(answer, cancellationToken);
                    if (JobStateNames.IsTerminal(job.State))
                    {
                        return job;
                    }

                    known = answer.Headers.ETag;
                }
            }

            await Task.Delay(_transport.Options.PollInterval, _transport.Time, cancellationToken);
        }

        HttpRequestMessage Asking(System.Net.Http.Headers.EntityTagHeaderValue? tag)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, RouteOf(jobId));
            if (tag is not null)
            {
                request.Headers.IfNoneMatch.Add(tag);
            }

            return request;
        }
    }

    /// <summary>Every log chunk so far, of all attempts, in order, as the API writes it.</summary>
    public async IAsyncEnumerable<JsonObject> LogChunksAsync(string jobId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (string? cursor = null; ;)
        {
            var page = await GetAsync<JsonObject>($"{RouteOf(jobId)}/logs{(cursor is null ? "" : $"?cursor={Escaped(cursor)}")}", cancellationToken);
            var items = page["items"] as JsonArray ?? [];
            if (items.Count == 0)
            {
                yield break;
            }

            foreach (var item in items)
            {
                yield return item!.DeepClone().AsObject();
            }

            cursor = page["next"]!.GetValue<string>();
        }
    }

    /// <summary>
    /// Follows a job until it has ended. A stream that breaks off is taken up again after the last line that came; a state may
    /// then be told twice, a line never.
    /// </summary>
    /// <param name="after">Where to resume: an event's <c>Position</c>; null: from the beginning.</param>
    /// <exception cref="IOException">It broke off five times in a row without a line in between.</exception>
    public IAsyncEnumerable<JobEvent> FollowAsync(string jobId, string? after = null, CancellationToken cancellationToken = default) =>
        new JobStream(_transport, RenewAsync, $"{RouteOf(jobId)}/logs").FollowAsync(after, cancellationToken);

    private static string RouteOf(string jobId) => $"/api/jobs/{Escaped(jobId)}";
}

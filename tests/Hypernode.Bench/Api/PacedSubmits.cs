using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Hypernode.Bench.Loads;
using Hypernode.Bench.Running;

namespace Hypernode.Bench.Api;

/// <summary>Submissions at an even pace, whether or not the earlier ones have been answered.</summary>
internal static class PacedSubmits
{
    /// <returns>ms from the moment at which each was due to the end of its answer: a late sender is counted too.</returns>
    public static async Task<Percentiles> RunAsync(string url, IReadOnlyList<string> bodies, int perSecond)
    {
        using var http = new HttpClient(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5) }) { BaseAddress = new Uri(url) };
        var times = new double[bodies.Count];
        var sent = new Task[bodies.Count];
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < bodies.Count; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / perSecond);
            var wait = due - Stopwatch.GetElapsedTime(began);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait);
            }

            sent[i] = SendAsync(i, due);
        }

        await Task.WhenAll(sent);
        return Percentiles.Of(times);

        async Task SendAsync(int i, TimeSpan due)
        {
            using var body = new ByteArrayContent(Encoding.UTF8.GetBytes(bodies[i])) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            using var answer = await http.PostAsync("/api/facilitator/submit-job", body);
            if (answer.StatusCode != HttpStatusCode.Accepted)
            {
                throw new BenchException($"a submission was answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
            }

            times[i] = (Stopwatch.GetElapsedTime(began) - due).TotalMilliseconds;
        }
    }
}

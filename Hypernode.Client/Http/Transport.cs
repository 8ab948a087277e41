using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hypernode.Client;

/// <summary>Sends requests, again where that is safe, and turns refusals into exceptions.</summary>
internal sealed class Transport(HttpClient http, ClientOptions options, TimeProvider time)
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Goes into every request once there is one.</summary>
    public string? Token { get; set; }

    public ClientOptions Options => options;

    public TimeProvider Time => time;

    /// <param name="make">Made anew for every try.</param>
    /// <param name="mayRepeat">Sending it twice does no more than sending it once.</param>
    /// <exception cref="HttpRequestException">Nothing answered.</exception>
    /// <exception cref="RefusedException">The answer is a refusal, also after the last try.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        Func<HttpRequestMessage> make, bool mayRepeat, CancellationToken cancellationToken, HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead)
    {
        for (var tries = 1; ; tries++)
        {
            var isLast = tries >= options.MaxTries;
            HttpResponseMessage answer;
            try
            {
                using var request = make();
                if (Token is { } token)
                {
                    request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                }

                answer = await http.SendAsync(request, completion, cancellationToken);
            }
            catch (Exception e) when (mayRepeat && !isLast && IsPassing(e) && !cancellationToken.IsCancellationRequested)
            {
                await PauseAsync(tries, null, cancellationToken);
                continue;
            }

            if (answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.NotModified)
            {
                return answer;
            }

            using (answer)
            {
                var refusal = await RefusalOfAsync(answer, cancellationToken);
                if (isLast || !IsPassing(refusal, mayRepeat) || refusal.RetryAfter > options.LongestDelay)
                {
                    throw refusal;
                }

                await PauseAsync(tries, refusal.RetryAfter, cancellationToken);
            }
        }
    }

    public Task PauseAsync(int tries, TimeSpan? asked, CancellationToken cancellationToken)
    {
        var grown = options.RetryDelay * Math.Pow(2, Math.Min(tries - 1, 16));
        var wait = asked > grown ? asked.Value : grown;
        return wait <= TimeSpan.Zero ? Task.CompletedTask : Task.Delay(wait < options.LongestDelay ? wait : options.LongestDelay, time, cancellationToken);
    }

    /// <summary>The network's mood, and a client's own time limit; not what was asked for wrongly.</summary>
    public static bool IsPassing(Exception e) => e is HttpRequestException or IOException or OperationCanceledException { InnerException: TimeoutException };

    /// <summary>Too many requests were not begun; of the others nobody knows. Under way: the same request, whose answer was lost to us.</summary>
    private static bool IsPassing(RefusedException refusal, bool mayRepeat) => refusal.Status == (int)HttpStatusCode.TooManyRequests
        || (mayRepeat && (refusal is { Status: 502 or 503 or 504 } || refusal.Kind == "under-way"));

    private static async Task<RefusedException> RefusalOfAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var body = await answer.Content.ReadAsStringAsync(cancellationToken);
        ProblemAnswer? problem = null;
        try
        {
            problem = JsonSerializer.Deserialize<ProblemAnswer>(body, Json) is { Detail: not null } read ? read : null;
        }
        catch (JsonException)
        {
            // Not ours: a proxy's page, say. The status is enough.
        }

        return new RefusedException((int)answer.StatusCode, problem, answer.StatusCode == HttpStatusCode.NotFound ? "not found" : body)
        {
            RetryAfter = answer.Headers.RetryAfter?.Delta,
        };
    }
}

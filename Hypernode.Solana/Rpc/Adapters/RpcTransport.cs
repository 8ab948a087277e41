using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace Hypernode.Solana.Rpc.Adapters;

/// <summary>JSON-RPC over HTTP: one call, its timeout, and for reads a few retries from a budget.</summary>
internal sealed partial class RpcTransport(HttpClient http, Uri endpoint, RpcClientOptions options, TimeProvider time, ILogger log)
{
    private readonly RetryBudget budget = new();
    private long lastId;

    /// <summary>Asks again on a transport failure, while attempts and budget last.</summary>
    public async Task<JsonElement> ReadAsync(string method, JsonArray parameters, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await CallAsync(method, parameters, describe: null, cancellation);
            }
            catch (RpcTransportException failure) when (attempt < options.ReadAttempts && budget.TrySpend())
            {
                LogRetry(method, attempt, failure.Message);
                await Task.Delay(options.RetryDelay * attempt, time, cancellation);
            }
        }
    }

    /// <param name="describe">turns an error's data into what the caller knows about it</param>
    public async Task<JsonElement> CallAsync(string method, JsonArray parameters, Func<JsonElement, Failure>? describe, CancellationToken cancellation)
    {
        var id = Interlocked.Increment(ref lastId);
        var request = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id, ["method"] = method, ["params"] = parameters.DeepClone() };
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        try
        {
            using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await http.PostAsync(endpoint, content, either.Token);
            var body = await response.Content.ReadAsByteArrayAsync(either.Token);
            var result = ReadAnswer(method, id, response.StatusCode, body, describe);
            budget.Earn();
            return result;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new RpcTransportException(method, $"no answer within {options.Timeout.TotalSeconds:0.#} s");
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            // JSON of another shape than any answer has.
            throw new RpcTransportException(method, "an answer of an unknown shape", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new RpcTransportException(method, e.Message, e);
        }
    }

    private static JsonElement ReadAnswer(string method, long id, HttpStatusCode status, byte[] body, Func<JsonElement, Failure>? describe)
    {
        // Some nodes answer errors with a 4xx and a JSON-RPC body; only without such a body is it the transport's failure.
        JsonElement answer;
        try
        {
            answer = JsonSerializer.Deserialize<JsonElement>(body);
        }
        catch (JsonException e)
        {
            throw new RpcTransportException(method, $"HTTP {(int)status}, and no JSON", e);
        }

        if (answer.ValueKind != JsonValueKind.Object
            || status is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError)
        {
            throw new RpcTransportException(method, $"HTTP {(int)status}");
        }

        if (answer.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
        {
            var code = error.TryGetProperty("code", out var c) && c.TryGetInt32(out var number) ? number : 0;
            var message = error.TryGetProperty("message", out var m) ? m.GetString() ?? "" : "";
            var failure = describe is not null && error.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object
                ? describe(data)
                : default;
            throw new RpcException(method, code, message, failure.Error, failure.Program, failure.Logs);
        }

        if (!answer.TryGetProperty("result", out var result)
            || !answer.TryGetProperty("id", out var answered) || !answered.TryGetInt64(out var answeredId) || answeredId != id)
        {
            throw new RpcTransportException(method, "an answer to something else");
        }

        return result;
    }

    /// <summary>What is known about a refused transaction.</summary>
    public readonly record struct Failure(TransactionError? Error, ProgramError? Program, IReadOnlyList<string>? Logs);

    [LoggerMessage(EventId = 4101, Level = LogLevel.Debug, Message = "{Method} failed (attempt {Attempt}), asking again: {Reason}")]
    private partial void LogRetry(string method, int attempt, string reason);
}

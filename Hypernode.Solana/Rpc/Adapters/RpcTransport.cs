using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace Hypernode.Solana.Rpc.Adapters;

/// <summary>JSON-RPC over HTTP: one call, its timeout, and for reads a few retries from a budget.</summary>
internal sealed partial class RpcTransport
{
    private static readonly MediaTypeHeaderValue JsonType = new("application/json");

    private readonly HttpClient http;
    private readonly Uri endpoint;
    private readonly RpcClientOptions options;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly RetryBudget budget = new();
    private readonly CallGatherer? gatherer;
    private long lastId;

    public RpcTransport(HttpClient http, Uri endpoint, RpcClientOptions options, TimeProvider time, ILogger log)
    {
        (this.http, this.endpoint, this.options, this.time, this.log) = (http, endpoint, options, time, log);
        gatherer = options.GatherCalls > TimeSpan.Zero ? new CallGatherer(PostForManyAsync, options.GatherCalls, time) : null;
    }

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
        var request = Request(id, method, parameters);
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        try
        {
            var answer = gatherer is null ? await PostAsync(request, either.Token) : await gatherer.CallAsync(request, id, either.Token);
            var result = ReadAnswer(method, id, answer, describe);
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

    private static byte[] Request(long id, string method, JsonArray parameters)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("jsonrpc"u8, "2.0"u8);
            writer.WriteNumber("id"u8, id);
            writer.WriteString("method"u8, method);
            writer.WritePropertyName("params"u8);
            parameters.WriteTo(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>For several callers, of whom one may give up: the exchange has a time limit of its own.</summary>
    private async Task<JsonElement> PostForManyAsync(byte[] requests)
    {
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        return await PostAsync(requests, deadline.Token);
    }

    /// <exception cref="IOException">no answer that can be read: the message says why, without the address</exception>
    private async Task<JsonElement> PostAsync(byte[] body, CancellationToken cancellation)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = JsonType;
        using var response = await http.PostAsync(endpoint, content, cancellation);
        var bytes = await response.Content.ReadAsByteArrayAsync(cancellation);
        var status = response.StatusCode;
        JsonElement answer;
        try
        {
            answer = JsonSerializer.Deserialize<JsonElement>(bytes);
        }
        catch (JsonException e)
        {
            throw new IOException($"HTTP {(int)status}, and no JSON", e);
        }

        // Some nodes answer errors with a 4xx and a JSON-RPC body; only without such a body is it the transport's failure.
        return answer.ValueKind is JsonValueKind.Object or JsonValueKind.Array && status is not (HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError)
            ? answer
            : throw new IOException($"HTTP {(int)status}");
    }

    private static JsonElement ReadAnswer(string method, long id, JsonElement answer, Func<JsonElement, Failure>? describe)
    {
        if (answer.ValueKind != JsonValueKind.Object)
        {
            throw new RpcTransportException(method, "an answer to something else");
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

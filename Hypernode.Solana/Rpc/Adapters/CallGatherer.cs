using System.Text.Json;

namespace Hypernode.Solana.Rpc.Adapters;

/// <summary>
/// Calls that come within a moment go out as one JSON-RPC batch: an HTTP exchange costs both sides more than what is in it.
/// </summary>
/// <param name="post">sends a body and reads the answer</param>
internal sealed class CallGatherer(Func<byte[], Task<JsonElement>> post, TimeSpan moment, TimeProvider time)
{
    // Nodes refuse large batches and bodies; forty transactions are about 70 KB.
    private const int MostInOne = 40;

    private readonly Lock gate = new();
    private Batch? open;

    /// <param name="request">one JSON-RPC request</param>
    /// <param name="id">its id</param>
    /// <returns>its answer: an object with a result or an error</returns>
    public async Task<JsonElement> CallAsync(byte[] request, long id, CancellationToken cancellation)
    {
        Batch batch;
        bool isFirst;
        lock (gate)
        {
            isFirst = open is null;
            batch = open ??= new Batch();
            batch.Requests.Add(request);
            if (batch.Requests.Count == MostInOne)
            {
                open = null;
                batch.Full.TrySetResult();
            }
        }

        if (isFirst)
        {
            // Not within the lock, which this thread could enter again: on a busy machine the moment may have passed already.
            _ = SendAsync(batch);
        }

        var answers = await batch.Answers.Task.WaitAsync(cancellation);
        return answers.TryGetValue(id, out var answer) ? answer : throw new FormatException("no answer to this one");
    }

    private async Task SendAsync(Batch batch)
    {
        await Task.WhenAny(batch.Full.Task, Task.Delay(moment, time));
        lock (gate)
        {
            if (open == batch)
            {
                open = null;
            }
        }

        try
        {
            batch.Answers.SetResult(Read(await post(Body(batch.Requests)), batch.Requests.Count));
        }
        catch (Exception e)
        {
            // Everybody in it gets the same silence, and judges it by himself.
            batch.Answers.SetException(e);
            _ = batch.Answers.Task.Exception;
        }
    }

    private static byte[] Body(List<byte[]> requests)
    {
        if (requests is [var only])
        {
            return only;
        }

        using var body = new MemoryStream(requests.Sum(r => r.Length + 1) + 1);
        for (var i = 0; i < requests.Count; i++)
        {
            body.WriteByte(i == 0 ? (byte)'[' : (byte)',');
            body.Write(requests[i]);
        }

        body.WriteByte((byte)']');
        return body.ToArray();
    }

    private static Dictionary<long, JsonElement> Read(JsonElement answer, int asked)
    {
        var answers = new Dictionary<long, JsonElement>();
        foreach (var one in asked == 1 ? [answer] : answer.ValueKind == JsonValueKind.Array ? answer.EnumerateArray().ToArray() : throw new FormatException("no batch"))
        {
            // In any order, as JSON-RPC has it; one without a number is an answer to nobody.
            if (one.ValueKind == JsonValueKind.Object && one.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out var number))
            {
                answers[number] = one;
            }
        }

        return answers;
    }

    private sealed class Batch
    {
        public List<byte[]> Requests { get; } = [];

        public TaskCompletionSource Full { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<Dictionary<long, JsonElement>> Answers { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

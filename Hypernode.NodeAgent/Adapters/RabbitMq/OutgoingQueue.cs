using System.Buffers;
using System.Text.Json;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.NodeAgent.Adapters.RabbitMq;

/// <summary>One broker message.</summary>
internal readonly record struct Outgoing(string Kind, ReadOnlyMemory<byte> Body);

/// <summary>
/// What waits for the link, in order. Many write at once, one at a time sends: whoever it is sends all that waits, in as few
/// messages as their bounds allow, and answers for all.
/// </summary>
/// <param name="publish">Returns when the broker has confirmed; never called twice at a time.</param>
internal sealed class OutgoingQueue(Func<Outgoing, CancellationToken, Task> publish) : IDisposable
{
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = new();

    /// <summary>Of one caller.</summary>
    internal sealed class Waiting(IReadOnlyList<(NodeMessage Message, byte[] Json)> items)
    {
        private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<(NodeMessage Message, byte[] Json)> Items => items;

        public bool Given { get; set; }

        /// <summary>Its outcome.</summary>
        public Task Sent => _sent.Task;

        public void Done() => _sent.TrySetResult();

        public void Failed(Exception e) => _sent.TrySetException(e);
    }

    /// <summary>Completes when the broker has it, whoever sent it; throws what the sending threw.</summary>
    public async Task SendAsync(NodeMessage message, CancellationToken cancellationToken)
    {
        var waiting = Add(message);
        try
        {
            await _sending.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Withdraw(waiting);
            throw;
        }

        try
        {
            while (!waiting.Given)
            {
                await SendBatchAsync(TakeBatch(), cancellationToken);
            }
        }
        finally
        {
            _sending.Release();
        }

        await waiting.Sent;
    }

    public void Dispose() => _sending.Dispose();

    internal Waiting Add(NodeMessage message)
    {
        IReadOnlyList<NodeMessage> messages = message is NodeBundle bundle ? [.. bundle.Messages.Select(m => m!)] : [message];
        var waiting = new Waiting([.. messages.Select(m => (m, JsonSerializer.SerializeToUtf8Bytes(m, ContractJson.Options)))]);
        lock (_gate)
        {
            _waiting.Enqueue(waiting);
        }

        return waiting;
    }

    /// <summary>All that waits, the oldest first, up to the bounds of one message but at least one caller's; they are no longer in the queue.</summary>
    internal IReadOnlyList<Waiting> TakeBatch()
    {
        var batch = new List<Waiting>();
        var (count, bytes, chunks) = (0, 0L, 0);
        lock (_gate)
        {
            while (_waiting.TryPeek(out var next))
            {
                count += next.Items.Count;
                bytes += next.Items.Sum(i => (long)i.Json.Length);
                chunks += next.Items.Sum(i => ChunksOf(i.Message));
                if (batch.Count > 0 && !Fits(count, bytes, chunks))
                {
                    break;
                }

                next.Given = true;
                batch.Add(_waiting.Dequeue());
            }
        }

        return batch;
    }

    /// <summary>Does nothing for one that somebody has taken to send.</summary>
    internal void Withdraw(Waiting waiting)
    {
        lock (_gate)
        {
            if (!waiting.Given)
            {
                var rest = _waiting.Where(w => w != waiting).ToList();
                _waiting.Clear();
                rest.ForEach(_waiting.Enqueue);
            }
        }
    }

    /// <summary>In order. One message for all that fit together; one that is too large for company goes alone.</summary>
    internal static IEnumerable<Outgoing> Pack(IEnumerable<Waiting> batch)
    {
        var items = new List<byte[]>();
        var (bytes, chunks, kind) = (0L, 0, "");
        foreach (var (message, json) in batch.SelectMany(w => w.Items))
        {
            if (items.Count > 0 && !Fits(items.Count + 1, bytes + json.Length, chunks + ChunksOf(message)))
            {
                yield return Pack(items, kind);
                (bytes, chunks) = (0, 0);
                items.Clear();
            }

            items.Add(json);
            (bytes, chunks, kind) = (bytes + json.Length, chunks + ChunksOf(message), KindOf(message));
        }

        if (items.Count > 0)
        {
            yield return Pack(items, kind);
        }
    }

    private async Task SendBatchAsync(IReadOnlyList<Waiting> batch, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var message in Pack(batch))
            {
                await publish(message, cancellationToken);
            }

            foreach (var waiting in batch)
            {
                waiting.Done();
            }
        }
        catch (Exception e)
        {
            foreach (var waiting in batch)
            {
                waiting.Failed(e);
            }
        }
    }

    private static Outgoing Pack(List<byte[]> items, string kind)
    {
        if (items.Count == 1)
        {
            return new Outgoing(kind, items[0]);
        }

        // As the bundle would be serialized, without writing its messages a second time.
        var body = new ArrayBufferWriter<byte>(items.Sum(i => i.Length) + 64);
        body.Write("{\"kind\":\"bundle\",\"messages\":["u8);
        for (var i = 0; i < items.Count; i++)
        {
            body.Write(i == 0 ? ""u8 : ","u8);
            body.Write(items[i]);
        }

        body.Write("]}"u8);
        return new Outgoing("bundle", body.WrittenMemory);
    }

    private static bool Fits(int count, long bytes, int chunks) =>
        count <= NodeBundle.MaxMessages && bytes <= NodeBundle.MaxBytes && chunks <= NodeBundle.MaxChunks;

    private static int ChunksOf(NodeMessage message) => message is LogChunks logs ? logs.Chunks.Count : 0;

    private static string KindOf(NodeMessage message) => message switch
    {
        Beat => "beat",
        LogChunks => "logs",
        AttemptStarted => "started",
        AttemptDeclined => "declined",
        AttemptReported => "reported",
        _ => throw new ArgumentOutOfRangeException(nameof(message)),
    };
}

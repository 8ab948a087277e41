using Hypernode.Contracts.Topology;
using RabbitMQ.Client;

namespace Hypernode.Host.Messaging.Adapters.RabbitMq;

/// <param name="Replayed">Back in their queues.</param>
/// <param name="NotFound">No such message is parked.</param>
/// <param name="Refused">Parked, but from nowhere that a replay may write to; they stay.</param>
internal sealed record ReplayResult(IReadOnlyList<string> Replayed, IReadOnlyList<string> NotFound, IReadOnlyList<string> Refused);

/// <summary>The one queue of dead letters: what can't be handled is parked here with its cause, listed, and replayed.</summary>
internal sealed class DeadLetters(RabbitMqConnection connection) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private IChannel? _channel;

    /// <summary>Returns once the broker has it durably: only then may the original be acknowledged.</summary>
    public async Task ParkAsync(DeadLetter letter, string? contentType, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_channel is not { IsOpen: true })
            {
                if (_channel is not null)
                {
                    await _channel.DisposeAsync();
                }

                _channel = await connection.OpenChannelAsync(confirms: true, cancellationToken);
            }

            await _channel.BasicPublishAsync(Queues.Dead, "", mandatory: true, letter.ToProperties(contentType), body, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>At most <paramref name="limit"/> parked messages, oldest first; they stay.</summary>
    public async Task<IReadOnlyList<DeadLetter>> ListAsync(int limit, CancellationToken cancellationToken)
    {
        var letters = new List<DeadLetter>();
        await ReadAsync(
            limit,
            (_, got) =>
            {
                letters.Add(DeadLetter.Of(got.BasicProperties, got.Body));
                return Task.FromResult(false);
            },
            cancellationToken);
        return letters;
    }

    /// <summary>Shows at most <paramref name="limit"/> parked messages, oldest first, one at a time; they stay.</summary>
    public Task EachAsync(int limit, Action<DeadLetter> see, CancellationToken cancellationToken) => ReadAsync(
        limit,
        (_, got) =>
        {
            see(DeadLetter.Of(got.BasicProperties, got.Body));
            return Task.FromResult(false);
        },
        cancellationToken);

    /// <summary>
    /// Puts parked messages back into their own queues under their own message ids. Twice is harmless: the inbox knows what
    /// was handled, and after it the job's own state does. A crash between the two steps leaves the letter here as well.
    /// </summary>
    public async Task<ReplayResult> ReplayAsync(IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken)
    {
        var wanted = messageIds.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var (replayed, refused) = (new List<string>(), new List<string>());
        await ReplayEachAsync(
            letter =>
            {
                // One that fails again at once is back before the end is reached: once a run is enough.
                var mine = letter.MessageId is { } id && wanted.Contains(id) && !replayed.Contains(id);
                if (mine)
                {
                    (AddressOf(letter) is null ? refused : replayed).Add(letter.MessageId!);
                }

                return mine && AddressOf(letter) is not null;
            },
            cancellationToken);
        return new(replayed, [.. wanted.Except(replayed, StringComparer.OrdinalIgnoreCase).Except(refused, StringComparer.OrdinalIgnoreCase)], refused);
    }

    /// <summary>
    /// Looks at every parked message, oldest first, and puts back those that are chosen: published and confirmed first, and only
    /// then taken away here.
    /// </summary>
    /// <param name="choose">Asked once a message, and never to choose one without an address.</param>
    public Task ReplayEachAsync(Func<DeadLetter, bool> choose, CancellationToken cancellationToken) => ReadAsync(
        int.MaxValue,
        async (channel, got) =>
        {
            var letter = DeadLetter.Of(got.BasicProperties, got.Body);
            if (!choose(letter) || AddressOf(letter) is not var (exchange, key))
            {
                return false;
            }

            // Mandatory: a queue that is gone must not swallow it.
            await channel.BasicPublishAsync(exchange, key, mandatory: true, letter.ToReplay(got.BasicProperties.ContentType), got.Body, cancellationToken);
            return true;
        },
        cancellationToken);

    /// <summary>Only where our own messages belong. What nodes say can't be said again in their name.</summary>
    public static (string Exchange, string Key)? AddressOf(DeadLetter letter) => letter.Queue switch
    {
        var queue when Queues.Commands.Values.Contains(queue) => (queue, ""),
        // Where the job's shard is now: there may have been more or fewer when it was parked.
        var queue when queue.StartsWith(Queues.JobSaga, StringComparison.Ordinal) && letter.Job is { } job => (Queues.Shard(job), ""),
        var queue when Queues.Saga.Contains(queue) => (queue, ""),
        var queue when queue.StartsWith("node.", StringComparison.Ordinal) => (Queues.NodesCommands, queue),
        _ => null,
    };

    /// <summary>Each parked message once. What <paramref name="take"/> has taken goes; the rest stays.</summary>
    private async Task ReadAsync(int limit, Func<IChannel, BasicGetResult, Task<bool>> take, CancellationToken cancellationToken)
    {
        await using var channel = await connection.OpenChannelAsync(confirms: true, cancellationToken);
        var kept = new List<ulong>();
        try
        {
            // What is kept is out of the queue meanwhile: none comes twice.
            for (; limit > 0 && await channel.BasicGetAsync(Queues.Dead, autoAck: false, cancellationToken) is { } got; limit--)
            {
                kept.Add(got.DeliveryTag);
                if (await take(channel, got))
                {
                    await channel.BasicAckAsync(got.DeliveryTag, multiple: false, cancellationToken);
                    kept.Remove(got.DeliveryTag);
                }
            }
        }
        finally
        {
            if (channel.IsOpen)
            {
                foreach (var tag in kept)
                {
                    await channel.BasicNackAsync(tag, multiple: false, requeue: true, CancellationToken.None);
                }

                await channel.MessageCountAsync(Queues.Dead, CancellationToken.None); // an answer: they are back
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_channel is not null)
        {
            await _channel.DisposeAsync();
        }

        _gate.Dispose();
    }
}

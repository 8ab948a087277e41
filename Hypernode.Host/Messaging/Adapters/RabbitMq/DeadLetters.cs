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

    /// <summary>
    /// Puts parked messages back into their own queues under their own message ids. Twice is harmless: the inbox knows what
    /// was handled, and after it the job's own state does. A crash between the two steps leaves the letter here as well.
    /// </summary>
    public async Task<ReplayResult> ReplayAsync(IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken)
    {
        var wanted = messageIds.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var (replayed, refused) = (new List<string>(), new List<string>());
        await ReadAsync(
            int.MaxValue,
            async (channel, got) =>
            {
                var letter = DeadLetter.Of(got.BasicProperties, got.Body);
                if (letter.MessageId is not { } id || !wanted.Contains(id))
                {
                    return false;
                }

                if (AddressOf(letter) is not var (exchange, key))
                {
                    refused.Add(id);
                    return false;
                }

                // Mandatory: a queue that is gone must not swallow it.
                await channel.BasicPublishAsync(exchange, key, mandatory: true, letter.ToReplay(got.BasicProperties.ContentType), got.Body, cancellationToken);
                replayed.Add(id);
                return true;
            },
            cancellationToken);
        return new(replayed, [.. wanted.Except(replayed, StringComparer.OrdinalIgnoreCase).Except(refused, StringComparer.OrdinalIgnoreCase)], refused);
    }

    /// <summary>Only where our own messages belong. What nodes say can't be said again in their name.</summary>
    private static (string Exchange, string Key)? AddressOf(DeadLetter letter) => letter.Queue switch
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

using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.NodeAgent.Execution;
using Microsoft.Extensions.Logging;

namespace Hypernode.NodeAgent.Leases;

/// <summary>
/// What one attempt has to tell the control plane, in order: a letter goes only after every log chunk that was made before it.
/// A link that fails is tried again for ever; the job does not notice.
/// </summary>
internal sealed class AttemptMail(LogChain? log, IAgentLink link, TimeProvider time, ILogger logger)
{
    private const int BatchBytes = 256 * 1024;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Queue<Letter> _letters = new();
    private readonly Signal _wake = new();

    private sealed record Letter(long AfterChunks, Func<NodeMessage> Write, Action Delivered, bool Last);

    /// <param name="write">Called when it is about to be sent, for each try.</param>
    /// <param name="last">Nothing comes after it.</param>
    public void Post(Func<NodeMessage> write, Action? delivered = null, bool last = false)
    {
        lock (_gate)
        {
            _letters.Enqueue(new(log?.Count ?? 0, write, delivered ?? (static () => { }), last));
        }

        Wake();
    }

    /// <summary>There are new chunks.</summary>
    public void Wake() => _wake.Ring();

    /// <summary>Returns when the last letter has been delivered.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause = Longer(pause))
        {
            try
            {
                while (!await SendNextAsync(cancellationToken))
                {
                    pause = FirstPause;
                }

                return;
            }
            catch (IOException e)
            {
                // The disk is full, say: what was sent and not written down is sent twice, and taken once.
                logger.LogWarning("what was sent can't be written down now: {Reason}", e.Message);
            }

            await Task.Delay(pause, time, cancellationToken);
        }
    }

    /// <summary>True when that was the last letter.</summary>
    private async Task<bool> SendNextAsync(CancellationToken cancellationToken)
    {
        Letter? letter;
        lock (_gate)
        {
            _letters.TryPeek(out letter);
        }

        var chunks = log?.PeekUnsent(BatchBytes) ?? [];
        if (chunks.Count > 0 && (letter is null || chunks[0].Seq < letter.AfterChunks))
        {
            await SendAsync(() => new LogChunks(chunks), cancellationToken);
            log!.MarkSent(chunks);
        }
        else if (letter is not null)
        {
            await SendAsync(letter.Write, cancellationToken);
            letter.Delivered();
            lock (_gate)
            {
                _letters.Dequeue();
            }

            return letter.Last;
        }
        else
        {
            await _wake.HeardAsync(cancellationToken);
        }

        return false;
    }

    private async Task SendAsync(Func<NodeMessage> write, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause = Longer(pause))
        {
            var message = write();
            try
            {
                await link.SendAsync(message, cancellationToken);
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever the link throws, the message is kept: that is the promise.
                logger.LogWarning("{Kind} is kept, the link failed: {Reason}", message.GetType().Name, e.Message);
            }

            await Task.Delay(pause, time, cancellationToken);
        }
    }

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < LongestPause ? pause * 2 : LongestPause;
}

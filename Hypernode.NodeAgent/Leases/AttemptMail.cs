using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.NodeAgent.Execution;
using Microsoft.Extensions.Logging;

namespace Hypernode.NodeAgent.Leases;

/// <summary>
/// What one attempt has to tell the control plane, in order: a letter goes only after every log chunk that was made before it.
/// What waits goes together, as one message. A link that fails is tried again for ever; the job does not notice.
/// </summary>
internal sealed class AttemptMail(LogChain? log, IAgentLink link, TimeProvider time, ILogger logger)
{
    /// <summary>A chunk waits this long for company: output comes in bursts, and a job's last words just before its report. A letter waits for nothing, nor does what fills a message.</summary>
    public static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    /// <summary>Of log in one message: as JSON just below what a bundle may have (base64 adds a third).</summary>
    private const int BatchBytes = 704 * 1024;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Queue<Letter> _letters = new();
    private readonly Signal _wake = new();

    private sealed record Letter(long AfterChunks, IReadOnlyList<Func<NodeMessage>> Write, Action Delivered, bool Last);

    private sealed record Parcel(IReadOnlyList<LogChunk> Chunks, IReadOnlyList<Letter> Letters)
    {
        public NodeMessage Write()
        {
            IEnumerable<NodeMessage> logs = Chunks.Count > 0 ? [new LogChunks(Chunks)] : [];
            NodeMessage[] all = [.. logs, .. Letters.SelectMany(l => l.Write).Select(write => write())];
            return all.Length == 1 ? all[0] : new NodeBundle(all);
        }
    }

    /// <param name="write">Called when it is about to be sent, for each try.</param>
    public void Post(Func<NodeMessage> write) => Post([write], static () => { }, last: false);

    /// <summary>Nothing comes after it.</summary>
    public void PostLast(IReadOnlyList<Func<NodeMessage>> write, Action delivered) => Post(write, delivered, last: true);

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

    private void Post(IReadOnlyList<Func<NodeMessage>> write, Action delivered, bool last)
    {
        lock (_gate)
        {
            _letters.Enqueue(new(log?.Count ?? 0, write, delivered, last));
        }

        Wake();
    }

    /// <summary>True when the last letter has been delivered.</summary>
    private async Task<bool> SendNextAsync(CancellationToken cancellationToken)
    {
        if (!HasLetters && log is null or { HasUnsent: false })
        {
            await _wake.HeardAsync(cancellationToken);
            return false;
        }

        await WaitForCompanyAsync(cancellationToken);
        var parcel = await SendAsync(cancellationToken);
        if (parcel.Chunks.Count > 0)
        {
            log!.MarkSent(parcel.Chunks);
        }

        foreach (var letter in parcel.Letters)
        {
            letter.Delivered();
            lock (_gate)
            {
                _letters.Dequeue();
            }
        }

        return parcel.Letters is [.., { Last: true }];
    }

    private bool HasLetters
    {
        get
        {
            lock (_gate)
            {
                return _letters.Count > 0;
            }
        }
    }

    private async Task WaitForCompanyAsync(CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var moment = Task.Delay(Moment, time, over.Token);
        while (!HasLetters && !moment.IsCompleted && (log?.UnsentBytes ?? 0) < BatchBytes)
        {
            await Task.WhenAny(moment, _wake.HeardAsync(over.Token));
        }

        await over.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>All that waits, as far as one message may carry it.</summary>
    private Parcel Gather()
    {
        Letter[] letters;
        lock (_gate)
        {
            letters = [.. _letters];
        }

        // After the letters: every chunk that one of them must follow is there by now.
        var chunks = log?.PeekUnsent(BatchBytes) ?? [];
        var reach = chunks.Count > 0 ? chunks[^1].Seq + 1 : long.MaxValue;
        var room = NodeBundle.MaxMessages - 1; // and one of chunks
        return new Parcel(chunks, [.. letters.TakeWhile(l => l.AfterChunks <= reach && (room -= l.Write.Count) >= 0)]);
    }

    private async Task<Parcel> SendAsync(CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause = Longer(pause))
        {
            var parcel = Gather(); // anew for each try: after an outage, what has come meanwhile goes along
            var message = parcel.Write();
            try
            {
                await link.SendAsync(message, cancellationToken);
                return parcel;
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

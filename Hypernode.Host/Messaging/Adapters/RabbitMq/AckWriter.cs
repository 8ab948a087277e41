using System.Threading.Channels;

namespace Hypernode.Host.Messaging.Adapters.RabbitMq;

/// <summary>
/// Answers the deliveries of one channel, many with one frame: to a quorum queue each acknowledgement is an entry in its log,
/// whatever number of deliveries it speaks for. A delivery that is alone is answered at once; while others are in work, what
/// is settled waits for a moment. Nobody waits for an acknowledgement but the broker.
/// </summary>
/// <param name="write">Puts one answer on the wire; on a channel that is closed it does nothing, the broker delivers again by itself.</param>
internal sealed class AckWriter(Func<Answer, ValueTask> write, TimeProvider time)
{
    /// <summary>A settled delivery is answered after two of these at the latest, however long its neighbours take.</summary>
    public static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(20);

    /// <summary>A quarter of the prefetch: the broker never holds back because of answers that wait.</summary>
    public const int Many = 128;

    private readonly AckBook _book = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>In the order of delivery.</summary>
    public void Delivered(ulong tag) => _book.Delivered(tag);

    /// <summary>It is durable, or nobody wants it.</summary>
    public void Take(ulong tag) => Settle(tag, taken: true);

    /// <summary>The broker is to deliver it again.</summary>
    public void Refuse(ulong tag) => Settle(tag, taken: false);

    /// <summary>Nothing more will be settled.</summary>
    public void Complete() => _wake.Writer.TryComplete();

    /// <summary>Returns when all that was settled before <see cref="Complete"/> is answered.</summary>
    public async Task RunAsync()
    {
        while (await _wake.Reader.WaitToReadAsync())
        {
            await GatherAsync();
            await AnswerAsync();
        }

        await AnswerAsync();
        await AnswerAsync(); // what stood behind a gap the first time
    }

    private void Settle(ulong tag, bool taken)
    {
        _book.Settle(tag, taken);
        _wake.Writer.TryWrite(true);
    }

    /// <summary>Until nothing is in work, there are many, or the moment is over.</summary>
    private async Task GatherAsync()
    {
        _wake.Reader.TryRead(out _);
        if (_book.Whole)
        {
            return;
        }

        using var over = new CancellationTokenSource(Moment, time);
        try
        {
            while (!_book.Whole && _book.Waiting < Many && await _wake.Reader.WaitToReadAsync(over.Token))
            {
                _wake.Reader.TryRead(out _);
            }
        }
        catch (OperationCanceledException)
        {
            // A moment is enough.
        }
    }

    private async Task AnswerAsync()
    {
        foreach (var answer in _book.Take())
        {
            await write(answer);
        }

        if (_book.Waiting > 0)
        {
            _wake.Writer.TryWrite(true);
        }
    }
}

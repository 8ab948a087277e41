using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Adapters.Docker;

/// <summary>
/// A container's output, attached: the engine copies what the job writes by the bufferful, at a fraction of what it takes to read its
/// log line by line. The job waits for whoever is attached, and at its end the engine waits two seconds only: when the pieces are
/// not taken for <see cref="Patience"/>, this lets go, and what follows is in the log.
/// </summary>
internal sealed class AttachedOutput : IOutputFeed
{
    /// <summary>Held for each job: 16 pieces of at most 32 KiB.</summary>
    private const int Pieces = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Channel<LogPiece> _pieces = Channel.CreateBounded<LogPiece>(new BoundedChannelOptions(Pieces) { SingleReader = true, SingleWriter = true });
    private readonly CancellationTokenSource _letGo = new();
    private readonly Func<CancellationToken, Task<bool>> _isWholeAsync;
    private readonly TimeProvider _time;
    private readonly Task _taking;

    /// <param name="output">The engine's answer; nothing of what follows it is missed.</param>
    /// <param name="isWholeAsync">Asked at the end of the stream: was it the output's end, and not the engine's?</param>
    public AttachedOutput(Stream output, Func<CancellationToken, Task<bool>> isWholeAsync, TimeProvider time)
    {
        _isWholeAsync = isWholeAsync;
        _time = time;
        _taking = TakeAsync(output);
    }

    public async IAsyncEnumerable<LogPiece> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var piece in _pieces.Reader.ReadAllAsync(cancellationToken))
        {
            yield return piece;
        }

        if (await _isWholeAsync(cancellationToken))
        {
            yield return LogPiece.End;
        }
    }

    public async ValueTask DisposeAsync()
    {
        var first = !_letGo.IsCancellationRequested;
        if (first)
        {
            await _letGo.CancelAsync();
        }

        await _taking;
        if (first)
        {
            _letGo.Dispose();
        }
    }

    private async Task TakeAsync(Stream output)
    {
        Exception? broken = null;
        await using (output)
        {
            try
            {
                await foreach (var piece in DockerLogStream.ReadAsync(output, new DockerLogFrames(timed: false), _letGo.Token))
                {
                    await HandOnAsync(piece);
                }
            }
            catch (OperationCanceledException)
            {
                broken = new IOException("nobody took it");
            }
            catch (Exception e)
            {
                broken = new IOException(e.Message, e);
            }
        }

        _pieces.Writer.Complete(broken);
    }

    private async ValueTask HandOnAsync(LogPiece piece)
    {
        if (_pieces.Writer.TryWrite(piece))
        {
            return;
        }

        using var patience = new CancellationTokenSource(Patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _letGo.Token);
        await _pieces.Writer.WriteAsync(piece, either.Token);
    }
}

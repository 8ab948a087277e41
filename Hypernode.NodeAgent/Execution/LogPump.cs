using System.Security.Cryptography;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Microsoft.Extensions.Logging;

namespace Hypernode.NodeAgent.Execution;

/// <summary>
/// Takes a container's output from the engine's own log over into the chain. The engine's log always reads the same from
/// its start, so after any interruption it is read again and what the chain has is skipped, byte for byte and proven by hash.
/// </summary>
internal sealed class LogPump(IContainerEngine engine, LogChain chain, long maxBytes, TimeProvider time, ILogger logger)
{
    /// <summary>A line that a job prints is on its way after this at the latest.</summary>
    public static readonly TimeSpan FlushEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>The control plane takes 65,536 of an attempt; a job that changes streams at every byte comes here, others do not.</summary>
    private const long MaxChunks = 60_000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private readonly Lock _gate = new();
    private readonly byte[] _buffer = new byte[LogChunk.MaxBytes];
    private int _filled;
    private bool _complete;
    private string _stream = "stdout";
    private bool _truncated;

    /// <summary>Returns when the container has ended (or is gone) and all of its output is in the chain.</summary>
    public async Task RunAsync(string container, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var flushing = FlushLoopAsync(stop.Token);
        try
        {
            _truncated = chain.OutputBytes >= maxBytes || chain.Count >= MaxChunks;
            var first = true;
            while (true)
            {
                try
                {
                    if (!await TakeAsync(container, follow: true, cancellationToken) && first)
                    {
                        Flush();
                        chain.Say("some output is missing: the engine's log was cut while the agent was away");
                        return;
                    }

                    first = false;
                    if (await engine.InspectAsync(container, cancellationToken) is not { Status: ContainerStatus.Running })
                    {
                        // What a follower may have missed at the very end. A log that was cut meanwhile has been followed already.
                        if (!_complete)
                        {
                            await TakeAsync(container, follow: false, cancellationToken);
                        }

                        return;
                    }
                }
                catch (EngineRefusedException e)
                {
                    logger.LogWarning("the log of {Container} is gone: {Reason}", container, e.Message);
                    return;
                }
                catch (Exception e) when (e is EngineUnavailableException or IOException or HttpRequestException)
                {
                    logger.LogWarning("the log of {Container} broke off, reading it again: {Reason}", container, e.Message);
                }

                await Task.Delay(Pause, time, cancellationToken);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await flushing;
            if (!cancellationToken.IsCancellationRequested)
            {
                Flush();
            }
        }
    }

    /// <summary>False: what the engine has does not begin with what the chain has.</summary>
    private async Task<bool> TakeAsync(string container, bool follow, CancellationToken cancellationToken)
    {
        Flush();
        if (_truncated)
        {
            return true;
        }

        var skip = chain.OutputBytes;
        var known = chain.OutputHash;
        using var seen = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await foreach (var piece in engine.ReadLogsAsync(container, follow, cancellationToken))
        {
            if (piece.IsEnd)
            {
                _complete = true;
                break;
            }

            var data = piece.Data;
            if (skip > 0)
            {
                var again = (int)Math.Min(skip, data.Length);
                seen.AppendData(data.Span[..again]);
                skip -= again;
                data = data[again..];
                if (skip == 0 && Hash256.FromBytes(seen.GetCurrentHash()) != known)
                {
                    return false;
                }
            }

            Add(piece.Stream, data.Span);
            if (_truncated)
            {
                return true;
            }
        }

        Flush();
        return skip == 0;
    }

    private void Add(string stream, ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            if (stream != _stream)
            {
                Flush();
                _stream = stream;
            }

            if (_truncated)
            {
                return;
            }

            var room = chain.Count < MaxChunks ? maxBytes - chain.OutputBytes - _filled : 0;
            var over = data.Length > room;
            Fill(over ? data[..(int)room] : data);
            if (over)
            {
                Flush();
                _truncated = true;
                chain.Say($"output beyond {maxBytes} bytes or {MaxChunks} pieces is dropped");
            }
        }
    }

    /// <summary>Never more in hand than one chunk: it is added to the chain or, when the disk is full, still in hand; no part of it twice.</summary>
    private void Fill(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            var take = Math.Min(data.Length, _buffer.Length - _filled);
            data[..take].CopyTo(_buffer.AsSpan(_filled));
            _filled += take;
            data = data[take..];
            if (_filled == _buffer.Length)
            {
                Flush();
            }
        }
    }

    private void Flush()
    {
        lock (_gate)
        {
            if (_filled > 0)
            {
                chain.Append(_stream, _buffer.AsSpan(0, _filled));
                _filled = 0;
            }
        }
    }

    private async Task FlushLoopAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(FlushEvery, time);
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                Flush();
            }
        }
        catch (OperationCanceledException)
        {
            // The pump has ended.
        }
    }
}

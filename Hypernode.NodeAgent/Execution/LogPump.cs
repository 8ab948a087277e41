using Hypernode.Contracts.Nodes;
using Microsoft.Extensions.Logging;

namespace Hypernode.NodeAgent.Execution;

/// <summary>
/// Takes a container's output over into the chain: from its feed as long as there is one, and from the engine's log when there is
/// none, or it broke off. The log reads the same from its start each time, so what the chain has is left out (<see cref="KnownOutput"/>).
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
    private string _stream = "stdout";
    private bool _truncated;

    /// <summary>How a reading of the log ended.</summary>
    private enum Reading
    {
        /// <summary>Whoever gave it has shown that nothing is missing.</summary>
        Complete,

        /// <summary>To the end of what there was.</summary>
        Taken,

        /// <summary>It ended before all that the chain has came by.</summary>
        Short,

        /// <summary>What the engine has does not begin with what the chain has.</summary>
        Other,
    }

    /// <summary>Returns when the container has ended (or is gone) and all of its output is in the chain.</summary>
    /// <param name="feed">Its output from the start; null: only its log.</param>
    public async Task RunAsync(string container, IOutputFeed? feed, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var flushing = FlushLoopAsync(stop.Token);
        try
        {
            _truncated = chain.OutputBytes >= maxBytes || chain.Count >= MaxChunks;
            if (feed is null || await ListenAsync(container, feed, cancellationToken) != Reading.Complete)
            {
                await FollowAsync(container, cancellationToken);
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

    private async Task<Reading> ListenAsync(string container, IOutputFeed feed, CancellationToken cancellationToken)
    {
        await using (feed)
        {
            try
            {
                return await TakeAsync(feed.ReadAsync(cancellationToken));
            }
            catch (Exception e) when (e is EngineUnavailableException or IOException or HttpRequestException)
            {
                logger.LogWarning("the output of {Container} broke off, going on with its log: {Reason}", container, e.Message);
                return Reading.Taken;
            }
        }
    }

    private async Task FollowAsync(string container, CancellationToken cancellationToken)
    {
        var passed = false;
        while (true)
        {
            try
            {
                var reading = await ReadAsync(container, follow: true, cancellationToken);
                passed |= reading is Reading.Taken or Reading.Complete;
                var ended = await engine.InspectAsync(container, cancellationToken) is not { Status: ContainerStatus.Running };
                if (ended && reading is not Reading.Complete)
                {
                    // What a follower may have missed at the very end.
                    reading = await ReadAsync(container, follow: false, cancellationToken);
                }

                // A log that was cut after all of it had been followed is no loss.
                if (!passed && (reading == Reading.Other || (ended && reading == Reading.Short)))
                {
                    Flush();
                    chain.Say("some output is missing: the engine's log was cut while the agent was away");
                    return;
                }

                if (ended)
                {
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

    private async Task<Reading> ReadAsync(string container, bool follow, CancellationToken cancellationToken)
    {
        Flush();
        return await TakeAsync(engine.ReadLogsAsync(container, follow, cancellationToken));
    }

    private async Task<Reading> TakeAsync(IAsyncEnumerable<LogPiece> pieces)
    {
        if (_truncated)
        {
            return Reading.Taken;
        }

        using var known = chain.KnownOutput();
        await foreach (var piece in pieces)
        {
            if (piece.IsEnd)
            {
                Flush();
                return known.Passed ? Reading.Complete : Reading.Short;
            }

            Add(piece.Stream, known.New(piece.Stream, piece.Data).Span);
            if (known.Differs)
            {
                return Reading.Other;
            }

            if (_truncated)
            {
                return Reading.Taken;
            }
        }

        Flush();
        return known.Passed ? Reading.Taken : Reading.Short;
    }

    private void Add(string stream, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return;
        }

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

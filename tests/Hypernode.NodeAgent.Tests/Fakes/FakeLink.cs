using System.Threading.Channels;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.NodeAgent.Tests.Fakes;

/// <summary>A control plane in memory: it gives commands, keeps what it is told, and can be cut off.</summary>
internal sealed class FakeLink : IAgentLink
{
    private readonly Channel<NodeCommand> _commands = Channel.CreateUnbounded<NodeCommand>();
    private readonly Lock _gate = new();
    private readonly List<NodeMessage> _sent = [];
    private readonly List<NodeMessage> _received = [];
    private readonly List<(NodeMessage Message, DateTimeOffset At)> _arrivals = [];

    /// <summary>Sends throw while it is set.</summary>
    public bool Down { get; set; }

    /// <summary>What the control plane takes: the messages of a bundle one by one.</summary>
    public IReadOnlyList<NodeMessage> Received
    {
        get
        {
            lock (_gate)
            {
                return [.. _received];
            }
        }
    }

    /// <summary><see cref="Received"/>, and when each came by the control plane's own clock.</summary>
    public IReadOnlyList<(NodeMessage Message, DateTimeOffset At)> Arrivals
    {
        get
        {
            lock (_gate)
            {
                return [.. _arrivals];
            }
        }
    }

    /// <summary>As they came, bundles whole.</summary>
    public IReadOnlyList<NodeMessage> Sent
    {
        get
        {
            lock (_gate)
            {
                return [.. _sent];
            }
        }
    }

    public IReadOnlyList<LogChunk> Chunks => [.. Received.OfType<LogChunks>().SelectMany(l => l.Chunks)];

    public IReadOnlyList<Beat> Beats => [.. Received.OfType<Beat>()];

    /// <summary>What the control plane would store: each chunk once, by its attempt and number; a different one under a known number fails.</summary>
    public IReadOnlyList<LogChunk> StoredChunks()
    {
        var stored = new SortedDictionary<(string Job, int Attempt, long Seq), LogChunk>();
        foreach (var chunk in Chunks)
        {
            var key = (chunk.JobId.ToString(), chunk.Attempt, chunk.Seq);
            if (stored.TryGetValue(key, out var known))
            {
                known.Hash.ShouldBe(chunk.Hash);
            }

            stored[key] = chunk;
        }

        return [.. stored.Values];
    }

    public string Text(string stream) =>
        string.Concat(StoredChunks().Where(c => c.Stream == stream).Select(c => System.Text.Encoding.UTF8.GetString(c.Data)));

    public void Command(NodeCommand command) => _commands.Writer.TryWrite(command);

    public async Task ListenAsync(Func<NodeCommand, CancellationToken, Task> handle, CancellationToken cancellationToken)
    {
        await foreach (var command in _commands.Reader.ReadAllAsync(cancellationToken))
        {
            await handle(command, cancellationToken);
        }
    }

    public Task SendAsync(NodeMessage message, CancellationToken cancellationToken)
    {
        if (Down)
        {
            throw new IOException("the broker is away");
        }

        lock (_gate)
        {
            _sent.Add(message);
            List<NodeMessage> each = message is NodeBundle bundle ? [.. bundle.Messages.Select(m => m!)] : [message];
            _received.AddRange(each);
            _arrivals.AddRange(each.Select(m => (m, TimeProvider.System.GetUtcNow())));
        }

        return Task.CompletedTask;
    }

    /// <summary>Waits in real time, without a fixed pause that would have to be right.</summary>
    public async Task<T> WaitForAsync<T>(Func<T, bool>? matches = null, int seconds = 20)
        where T : NodeMessage
    {
        T? found = null;
        await Wait.UntilAsync(() => (found = Received.OfType<T>().FirstOrDefault(m => matches?.Invoke(m) ?? true)) is not null, seconds, () =>
            $"no {typeof(T).Name} came; came: {string.Join(", ", Received.Select(m => m is Beat ? "beat" : m.ToString()))}");
        return found!;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

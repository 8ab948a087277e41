using System.Security.Cryptography;
using System.Text.Json;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Adapters.Files;

namespace Hypernode.NodeAgent.Execution;

/// <summary>
/// One attempt's output as hash-chained chunks, in a file that outlives the agent. A chunk is on disk before it is sent,
/// so a restarted agent goes on with the very chain that the control plane has seen.
/// </summary>
public sealed class LogChain : IDisposable
{
    public const string AgentStream = "agent";

    /// <summary>The most that one message to the control plane may carry.</summary>
    public const int MaxBatch = 256;

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly JobId _job;
    private readonly int _attempt;
    private readonly AppendOnlyFile _file;
    private readonly string _sentFile;
    private readonly Queue<LogChunk> _unsent = new();
    private long _unsentBytes;
    private readonly Dictionary<string, IncrementalHash> _hashes = [];
    private readonly Dictionary<string, long> _bytes = [];

    private LogChain(AppendOnlyFile file, string sentFile, JobId job, int attempt, TimeProvider time)
    {
        _file = file;
        _sentFile = sentFile;
        _job = job;
        _attempt = attempt;
        _time = time;
    }

    /// <summary>Called after each new chunk.</summary>
    public Action Appended { get; set; } = static () => { };

    /// <summary>Chunks made so far.</summary>
    public long Count { get; private set; }

    /// <summary>Chunks that a power cut would leave.</summary>
    public long Durable { get; private set; }

    /// <summary>The hash of the last chunk; zero when there is none.</summary>
    public Hash256 Head { get; private set; } = Hash256.Zero;

    /// <summary>Bytes of the job's own output in the chain, both streams.</summary>
    public long OutputBytes { get; private set; }

    /// <summary>How far each stream has been taken over: proves that a log which is read again is the same log.</summary>
    internal KnownOutput KnownOutput()
    {
        lock (_gate)
        {
            return new KnownOutput(_hashes.ToDictionary(h => h.Key, h => (_bytes[h.Key], Hash256.FromBytes(h.Value.GetCurrentHash()))));
        }
    }

    public static LogChain Open(string folder, JobId job, int attempt, TimeProvider time) =>
        Open(folder, job, attempt, time, new AppendOnlyFile(Path.Combine(folder, "chunks.jsonl")));

    internal static LogChain Open(string folder, JobId job, int attempt, TimeProvider time, AppendOnlyFile file)
    {
        var chain = new LogChain(file, Path.Combine(folder, "sent"), job, attempt, time);
        try
        {
            chain.Load();
            return chain;
        }
        catch
        {
            chain.Dispose();
            throw;
        }
    }

    /// <summary>Adds output, in chunks of at most <see cref="LogChunk.MaxBytes"/>.</summary>
    public void Append(string stream, ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            var take = Math.Min(data.Length, LogChunk.MaxBytes);
            AppendOne(stream, data[..take]);
            data = data[take..];
        }

        Appended();
    }

    /// <summary>Adds a line of the agent's own.</summary>
    public void Say(string line) => Append(AgentStream, System.Text.Encoding.UTF8.GetBytes(line + "\n"));

    /// <summary>After this, a power cut loses none of the chunks.</summary>
    public void FlushToDisk()
    {
        lock (_gate)
        {
            if (Durable < Count)
            {
                _file.Flush();
                Durable = Count;
            }
        }
    }

    /// <summary>There are chunks that nobody has confirmed.</summary>
    public bool HasUnsent
    {
        get
        {
            lock (_gate)
            {
                return _unsent.Count > 0;
            }
        }
    }

    /// <summary>Bytes of the chunks that nobody has confirmed, and what it takes to name them.</summary>
    public long UnsentBytes
    {
        get
        {
            lock (_gate)
            {
                return _unsentBytes;
            }
        }
    }

    /// <summary>The next chunks that nobody has confirmed, on disk already; empty when there are none.</summary>
    public IReadOnlyList<LogChunk> PeekUnsent(int maxBytes)
    {
        lock (_gate)
        {
            FlushToDisk();
            var batch = new List<LogChunk>();
            var bytes = 0;
            foreach (var chunk in _unsent)
            {
                bytes += SizeOf(chunk);
                if (batch.Count == MaxBatch || (batch.Count > 0 && bytes > maxBytes))
                {
                    break;
                }

                batch.Add(chunk);
            }

            return batch;
        }
    }

    /// <summary>The control plane has these. A crash before this is written only sends them twice.</summary>
    public void MarkSent(IReadOnlyList<LogChunk> batch)
    {
        lock (_gate)
        {
            foreach (var _ in batch)
            {
                _unsentBytes -= SizeOf(_unsent.Dequeue());
            }

            File.WriteAllText(_sentFile, (batch[^1].Seq + 1).ToString());
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        foreach (var hash in _hashes.Values)
        {
            hash.Dispose();
        }
    }

    private void AppendOne(string stream, ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            var at = _time.GetUtcNow().ToUnixTimeMilliseconds();
            var chunk = new LogChunk(_job, _attempt, Count, stream, at, data.ToArray(), LogChunk.ChainHash(Head, Count, stream, at, data));
            _file.Append([.. JsonSerializer.SerializeToUtf8Bytes(chunk, ContractJson.Options), (byte)'\n']);
            Take(chunk);
            AddUnsent(chunk);
        }
    }

    private void AddUnsent(LogChunk chunk)
    {
        _unsent.Enqueue(chunk);
        _unsentBytes += SizeOf(chunk);
    }

    private static int SizeOf(LogChunk chunk) => chunk.Data.Length + 256;

    private void Take(LogChunk chunk)
    {
        Count++;
        Head = chunk.Hash;
        if (chunk.Stream != AgentStream)
        {
            OutputBytes += chunk.Data.Length;
            if (!_hashes.TryGetValue(chunk.Stream, out var hash))
            {
                _hashes[chunk.Stream] = hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            }

            hash.AppendData(chunk.Data);
            _bytes[chunk.Stream] = _bytes.GetValueOrDefault(chunk.Stream) + chunk.Data.Length;
        }
    }

    private void Load()
    {
        var sent = File.Exists(_sentFile) && long.TryParse(File.ReadAllText(_sentFile), out var value) ? value : 0;
        var whole = 0L;
        using (var reader = _file.Read())
        {
            while (reader.ReadLine() is { } line && Read(line) is { } chunk)
            {
                whole += System.Text.Encoding.UTF8.GetByteCount(line) + 1;
                Take(chunk);
                if (chunk.Seq >= sent)
                {
                    AddUnsent(chunk);
                }
            }
        }

        // A torn or foreign tail was never sent (a chunk is flushed before it is): cut it off.
        _file.CutTo(Math.Min(whole, _file.Length));
    }

    /// <summary>Null: not the next chunk of this chain.</summary>
    private LogChunk? Read(string line)
    {
        try
        {
            var chunk = JsonSerializer.Deserialize<LogChunk>(line, ContractJson.Options);
            return chunk is not null && chunk.Seq == Count && chunk.Hash == LogChunk.ChainHash(Head, chunk.Seq, chunk.Stream, chunk.At, chunk.Data)
                ? chunk
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

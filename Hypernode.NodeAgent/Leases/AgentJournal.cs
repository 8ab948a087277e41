using System.Text;
using System.Text.Json;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Adapters.Files;

namespace Hypernode.NodeAgent.Leases;

/// <summary>
/// The agent's memory across restarts: an append-only file, one JSON line a record, each on disk before the call returns.
/// A command is acknowledged only after its line is; a torn last line (a crash while writing) is cut off,
/// and a record that did not get there whole (a full disk) leaves nothing behind and is as if it had never been asked for.
/// </summary>
public sealed class AgentJournal : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly string _path;
    private readonly long _threshold;
    private AppendOnlyFile _file;
    private long _compactAt;
    private readonly FileStream _lock;
    private readonly Dictionary<JobId, JournalEntry> _entries = [];

    private AgentJournal(string path, AppendOnlyFile file, FileStream @lock, TimeProvider time, long threshold)
    {
        _path = path;
        _threshold = threshold;
        _compactAt = Math.Max(threshold, 2 * file.Length);
        _file = file;
        _lock = @lock;
        _time = time;
    }

    /// <summary>Hash of the last receipt that this node signed; zero before its first.</summary>
    public Hash256 LastReceipt { get; private set; } = Hash256.Zero;

    /// <exception cref="IOException">Another agent has it open.</exception>
    /// <exception cref="InvalidDataException">A line other than the last can't be read: somebody changed the file.</exception>
    public static AgentJournal Open(string path, TimeProvider time) => Open(path, time, null);

    /// <param name="threshold">Bytes: a file that has grown past it (and to twice what was left the last time) is compacted, also while the agent runs.</param>
    internal static AgentJournal Open(string path, TimeProvider time, AppendOnlyFile? file, long threshold = JournalCompaction.Threshold)
    {
        // A lock of its own, so that people may read the journal while the agent runs. The kernel drops it with the process.
        var only = Take(path + ".lock");
        JournalCompaction.Run(path, time.GetUtcNow());
        var journal = new AgentJournal(path, file ?? new AppendOnlyFile(path), only, time, threshold);
        try
        {
            journal.Load();
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    public JournalEntry? Find(JobId job)
    {
        lock (_gate)
        {
            return _entries.GetValueOrDefault(job);
        }
    }

    /// <summary>Attempts that are not yet confirmed, in the order in which they were accepted.</summary>
    public IReadOnlyList<JournalEntry> Unconfirmed()
    {
        lock (_gate)
        {
            return [.. _entries.Values.Where(e => e is { Command: not null, Confirmed: false })];
        }
    }

    public JournalEntry Accept(ExecuteJob command) =>
        Append(new(JournalKind.Accepted, command.JobId, command.Attempt, Now(), Command: command));

    public void Start(JobId job, int attempt, string container) =>
        Append(new(JournalKind.Started, job, attempt, Now(), Container: container));

    public void Stop(JobId job, int attempt) => Append(new(JournalKind.Stopped, job, attempt, Now()));

    public void Decline(AttemptDeclined declined) =>
        Append(new(JournalKind.Declined, declined.JobId, declined.Attempt, Now(), Declined: declined));

    public void Confirm(JobId job, int attempt) => Append(new(JournalKind.Confirmed, job, attempt, Now()));

    private static FileStream Take(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.GetType() == typeof(IOException))
        {
            throw new IOException($"another agent is at work in {Path.GetDirectoryName(path)}: one data folder, one agent at a time", e);
        }
    }

    /// <summary>Receipts form a chain, so the one before is read and the new one written under one lock.</summary>
    public AttemptReported Report(Func<Hash256, AttemptReported> sign)
    {
        lock (_gate)
        {
            var report = sign(LastReceipt);
            Append(new(JournalKind.Reported, report.Receipt.JobId, report.Receipt.Attempt, Now(), Reported: report));
            return report;
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        _lock.Dispose();
    }

    private JournalEntry Append(JournalRecord record)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(record, ContractJson.Options);
        lock (_gate)
        {
            _file.Append([.. line, (byte)'\n'], flush: true);
            var entry = Apply(record);
            if (_file.Length >= _compactAt)
            {
                Compact();
            }

            return entry;
        }
    }

    /// <summary>Under the gate.</summary>
    private void Compact()
    {
        _file.Dispose();
        try
        {
            JournalCompaction.Run(_path, _time.GetUtcNow(), threshold: 0, budget: _threshold / 2);
        }
        catch (IOException)
        {
            // No room for the shorter one, say: the long one is as good, and tried again when it has doubled.
        }

        _file = new AppendOnlyFile(_path);
        _entries.Clear();
        Load();
        _compactAt = Math.Max(_threshold, 2 * _file.Length);
    }

    private JournalEntry Apply(JournalRecord record)
    {
        if (!_entries.TryGetValue(record.JobId, out var entry) || record.Attempt > entry.Attempt)
        {
            entry = new JournalEntry(record.JobId, record.Attempt);
            _entries[record.JobId] = entry;
        }

        // A superseded attempt may still end; its receipt stays in the chain, and the newer attempt is what counts.
        if (record.Reported is not null)
        {
            LastReceipt = record.Reported.Receipt.Hash();
        }

        if (record.Attempt < entry.Attempt)
        {
            return entry;
        }

        entry.Command = record.Command ?? entry.Command;
        entry.Container = record.Container ?? entry.Container;
        entry.StopRequested |= record.Kind == JournalKind.Stopped;
        entry.Outcome = record.Reported ?? record.Declined ?? entry.Outcome;
        entry.Confirmed |= record.Kind == JournalKind.Confirmed;
        return entry;
    }

    private void Load()
    {
        var bytes = _file.ReadAll();
        var start = 0;
        var number = 0;
        while (start < bytes.Length)
        {
            var length = Array.IndexOf(bytes, (byte)'\n', start) - start;
            if (length < 0)
            {
                break;
            }

            number++;
            Apply(Read(bytes.AsSpan(start, length), number));
            start += length + 1;
        }

        if (start < bytes.Length)
        {
            _file.CutTo(start);
            _file.Flush();
        }
    }

    private static JournalRecord Read(ReadOnlySpan<byte> line, int number)
    {
        try
        {
            return JsonSerializer.Deserialize<JournalRecord>(line, ContractJson.Options) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"line {number} of the journal can't be read: {Encoding.UTF8.GetString(line[..Math.Min(80, line.Length)])}", e);
        }
    }

    private long Now() => _time.GetUtcNow().ToUnixTimeMilliseconds();
}

using System.Text.Json;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;

namespace Hypernode.NodeAgent.Leases;

/// <summary>
/// Keeps the journal from growing for ever. What is dropped are jobs that are over (answered, or stopped before they came) and so old
/// that nobody can ask again: a payment settles within 7 days. A control plane that floods the node gets less than that: of what is
/// over only the youngest stay. The last receipt always does, as the next one names it.
/// </summary>
internal static class JournalCompaction
{
    public const long Threshold = 8 * 1024 * 1024;

    private static readonly TimeSpan Retention = TimeSpan.FromDays(8);

    /// <summary>At start, under the journal's lock. A journal that can't be read is left as it is, for the loader to complain about.</summary>
    public static void Run(string path, DateTimeOffset now, long threshold = Threshold)
    {
        // Half of it is for what is over: a commands' repeat comes within minutes, and this is thousands of jobs.
        Run(path, now, threshold, Threshold / 2);
    }

    /// <param name="budget">Bytes that jobs which are over may take.</param>
    public static void Run(string path, DateTimeOffset now, long threshold, long budget)
    {
        if (!File.Exists(path) || new FileInfo(path).Length <= threshold || Read(path) is not { } lines)
        {
            return;
        }

        var keepFrom = (now - Retention).ToUnixTimeMilliseconds();
        var open = lines.GroupBy(l => l.Record.JobId).Where(g => IsOpen([.. g.Select(l => l.Record)])).Select(g => g.Key).ToHashSet();
        var recent = new HashSet<JobId>();
        foreach (var job in lines.Where(l => !open.Contains(l.Record.JobId)).GroupBy(l => l.Record.JobId).OrderByDescending(g => g.Max(l => l.Record.At)))
        {
            budget -= job.Sum(l => (long)l.Text.Length);
            if (budget < 0 || job.Max(l => l.Record.At) < keepFrom)
            {
                break;
            }

            recent.Add(job.Key);
        }

        var lastReceipt = lines.FindLastIndex(l => l.Record.Kind == JournalKind.Reported);
        var kept = lines.Where((l, i) => i == lastReceipt || recent.Contains(l.Record.JobId) || open.Contains(l.Record.JobId));

        // Whole or not at all: beside it, flushed, then renamed.
        var beside = path + ".new";
        using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            using var writer = new StreamWriter(file) { NewLine = "\n" };
            foreach (var line in kept)
            {
                writer.WriteLine(line.Text);
            }

            writer.Flush();
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
    }

    /// <summary>Its latest attempt was accepted here and has no confirmed outcome. One that was only ever stopped is a fence, and over.</summary>
    private static bool IsOpen(IReadOnlyList<JournalRecord> job)
    {
        var latest = job.Where(r => r.Attempt == job.Max(other => other.Attempt)).ToList();
        return latest.Exists(r => r.Kind == JournalKind.Accepted) && !latest.Exists(r => r.Kind == JournalKind.Confirmed);
    }

    private static List<(string Text, JournalRecord Record)>? Read(string path)
    {
        var text = File.ReadAllText(path);
        var whole = text.LastIndexOf('\n');
        try
        {
            return [.. text[..Math.Max(0, whole)].Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => (line, JsonSerializer.Deserialize<JournalRecord>(line, ContractJson.Options)!))];
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

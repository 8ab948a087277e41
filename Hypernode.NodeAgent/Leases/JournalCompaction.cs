using System.Text.Json;
using Hypernode.Contracts.Text;

namespace Hypernode.NodeAgent.Leases;

/// <summary>
/// Keeps the journal from growing for ever. What is dropped are jobs that are answered and so old that nobody can ask again: a
/// payment settles within 7 days. The last receipt always stays, as the next one names it.
/// </summary>
internal static class JournalCompaction
{
    public const long Threshold = 8 * 1024 * 1024;

    private static readonly TimeSpan Retention = TimeSpan.FromDays(8);

    /// <summary>At start, under the journal's lock. A journal that can't be read is left as it is, for the loader to complain about.</summary>
    public static void Run(string path, DateTimeOffset now, long threshold = Threshold)
    {
        if (!File.Exists(path) || new FileInfo(path).Length <= threshold || Read(path) is not { } lines)
        {
            return;
        }

        var keepFrom = (now - Retention).ToUnixTimeMilliseconds();
        var confirmed = lines.Where(l => l.Record.Kind == JournalKind.Confirmed).Select(l => l.Record.JobId).ToHashSet();
        var recent = lines.Where(l => l.Record.At >= keepFrom).Select(l => l.Record.JobId).ToHashSet();
        var lastReceipt = lines.FindLastIndex(l => l.Record.Kind == JournalKind.Reported);
        var kept = lines.Where((l, i) => i == lastReceipt || recent.Contains(l.Record.JobId) || !confirmed.Contains(l.Record.JobId));

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

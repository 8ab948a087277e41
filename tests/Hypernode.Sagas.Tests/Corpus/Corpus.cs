using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Tests.CrashGrid;
using Hypernode.Sagas.Tests.Rig;

namespace Hypernode.Sagas.Tests.Corpus;

/// <summary>A row as some release wrote it: of a job (<c>of</c> is its state), or of the outbox or a timer (<c>of</c> is the message's type).</summary>
internal sealed record StoredLine(string Of, string Body);

/// <summary>
/// tests/corpus/rows: what releases have written, one file a shape, one row a line. A file that is there never changes. When
/// rows take a new shape, <c>HYPERNODE_NEW_CORPUS=name</c> on this project's tests writes the next file.
/// </summary>
internal static class StoredRows
{
    private static readonly string Folder = Path.Combine(Root(), "tests", "corpus", "rows");

    public static IEnumerable<string> Files => Directory.EnumerateFiles(Folder, "*.jsonl").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);

    public static IEnumerable<StoredLine> Jobs(string file) => Read(file).Where(l => !l.Of.Contains('.', StringComparison.Ordinal));

    public static IEnumerable<StoredLine> Messages(string file) => Read(file).Where(l => l.Of.Contains('.', StringComparison.Ordinal));

    /// <summary>Every state and every message, as this version writes them, from the crash grid's stories.</summary>
    public static void Write(string name)
    {
        if (File.Exists(Path.Combine(Folder, name + ".jsonl")))
        {
            return;
        }

        var seen = new Collector();
        using var storage = TestStorage.Sqlite();
        foreach (var story in Stories.All)
        {
            using var world = new World(storage, story, new EngineOptions { Local = "", OnlyHost = true }, seen);
            world.Run();
            seen.Add(typeof(JobSubmitted).FullName!, ContractCodec.Serialize(world.Submission.Submitted()));
        }

        Directory.CreateDirectory(Folder);
        using var file = new StreamWriter(new FileStream(Path.Combine(Folder, name + ".jsonl"), FileMode.CreateNew));
        foreach (var (of, body) in seen.Rows)
        {
            file.Write(JsonSerializer.Serialize(new { of, body = JsonNode.Parse(body) }, ContractJson.Options) + "\n");
        }
    }

    private static IEnumerable<StoredLine> Read(string file) => File.ReadLines(Path.Combine(Folder, file))
        .Select(l => JsonNode.Parse(l)!)
        .Select(l => new StoredLine((string)l["of"]!, l["body"]!.ToJsonString(ContractJson.Options)));

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Hypernode.slnx")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }

    /// <summary>The fullest row of each kind.</summary>
    private sealed class Collector : IWatch
    {
        public SortedDictionary<string, string> Rows { get; } = new(StringComparer.Ordinal) { [JobStateNames.Initial] = "{}" };

        public void Before(PortCall call)
        {
            if (call is { Port: Port.Delivery, Subject: { } message })
            {
                Add(message.GetType().FullName!, ContractCodec.Serialize(message));
            }

            foreach (var commit in call is { Port: Port.Commit, Subject: Batch batch } ? batch.Items : [])
            {
                if (commit.Job is { } row)
                {
                    Add(row.State, row.Body);
                }

                commit.Outbox.ToList().ForEach(m => Add(m.Type, m.Body));
                commit.Timers.ToList().ForEach(t => Add(t.Type, t.Body));
            }
        }

        public void After(PortCall call)
        {
        }

        public void Add(string of, string body)
        {
            if (!Rows.TryGetValue(of, out var there) || body.Length > there.Length)
            {
                Rows[of] = body;
            }
        }
    }
}

using System.Text.Json;

namespace Hypernode.Api.Tests.Fuzzing;

/// <summary>What a run came to.</summary>
public sealed class FuzzReport(ulong seed)
{
    private readonly SortedDictionary<int, int> _byStatus = [];
    private readonly List<string> _finds = [];

    public int Cases { get; set; }

    /// <summary>No client can put these on the wire.</summary>
    public int Unsendable { get; set; }

    /// <summary>What was wrong, and the case.</summary>
    public IReadOnlyList<string> Finds => _finds;

    public IReadOnlyDictionary<int, int> ByStatus => _byStatus;

    public void Answered(int status) => _byStatus[status] = _byStatus.GetValueOrDefault(status) + 1;

    public void Found(string what) => _finds.Add(what);

    public string ToJson(double seconds) => JsonSerializer.Serialize(new
    {
        seed,
        cases = Cases,
        finds = Finds.Count,
        unsendable = Unsendable,
        byStatus = _byStatus.ToDictionary(s => $"{s.Key}", s => s.Value),
        seconds = Math.Round(seconds, 1),
    });

    public string ToText(double seconds) =>
        $"{Cases} cases from seed {seed} in {seconds:F1} s: {string.Join(", ", _byStatus.Select(s => $"{s.Key} × {s.Value}"))}; {Unsendable} could not be sent\n{(Finds.Count == 0 ? "no finds" : $"{Finds.Count} finds")}";
}

using System.Text;

namespace Hypernode.Bench.Measures;

/// <summary>What a benchmark says in the end: as text, as JSON, or as Markdown that is ready to be pasted.</summary>
internal sealed record Report(string Command, string Method, IReadOnlyList<Table> Tables, object Json)
{
    public string ToText(string machine) =>
        $"{Command}\n{machine}\nmethod: {Method}\n\n{string.Join("\n\n", Tables.Select(t => t.ToText()))}";

    public string ToMarkdown(string machine) =>
        $"`{Command}`: {machine}. Method: {Method}.\n\n{string.Join("\n\n", Tables.Select(t => t.ToMarkdown()))}";
}

/// <param name="Columns">Figures stand to the right, words to the left.</param>
internal sealed record Table(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    public string ToText()
    {
        var widths = Columns.Select((c, i) => Rows.Select(r => r[i].Length).Append(c.Length).Max()).ToArray();
        return string.Join('\n', Rows.Prepend(Columns).Select(row =>
            string.Join("  ", row.Select((cell, i) => IsFigures(i) ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd()));
    }

    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine($"| {string.Join(" | ", Columns)} |");
        text.AppendLine($"|{string.Concat(Columns.Select((_, i) => IsFigures(i) ? "---:|" : "---|"))}");
        foreach (var row in Rows)
        {
            text.AppendLine($"| {string.Join(" | ", row)} |");
        }

        return text.ToString().TrimEnd();
    }

    private bool IsFigures(int column) => column > 0 && Rows.All(r => r[column].Length == 0 || char.IsDigit(r[column][0]));
}

internal sealed record Spread(double Min, double Median, double Max)
{
    public static Spread Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(sorted[0], median, sorted[^1]);
    }

    /// <summary>Three digits after the point are enough for anyone.</summary>
    public object ToJson() => new { Min = Math.Round(Min, 3), Median = Math.Round(Median, 3), Max = Math.Round(Max, 3) };

    public override string ToString() => $"{Median:F1} ({Min:F1} to {Max:F1})";
}

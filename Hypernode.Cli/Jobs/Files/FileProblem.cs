using System.Text;

namespace Hypernode.Cli.Jobs.Files;

/// <summary>One thing that is wrong with a job file.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in characters.</param>
/// <param name="Field">As <c>steps.count.limits.memoryMb</c> or <c>inputs[0].name</c>; empty: the file as a whole.</param>
/// <param name="Suggestion">What may have been meant; null: nothing is near enough.</param>
internal sealed record FileProblem(int Line, int Column, string Field, string Text, string? Suggestion = null)
{
    public override string ToString() =>
        $"line {Line}, column {Column}{(Field.Length == 0 ? "" : $", {Field}")}: {Text}{(Suggestion is null ? "" : $"; did you mean {Suggestion}?")}";

    public static FileProblem At(Node node, string field, string text, string? suggestion = null) => new(node.Line, node.Column, field, text, suggestion);

    public static FileProblem At(Member member, string field, string text, string? suggestion = null) => new(member.Line, member.Column, field, text, suggestion);

    public static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    /// <summary>The nearest of the words, where it is near enough to be what was meant.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        var nearest = known.MinBy(k => Distance(Plain(word), Plain(k)));
        return nearest is not null && Distance(Plain(word), Plain(nearest)) <= Math.Max(2, word.Length / 3) ? nearest : null;
    }

    private static string Plain(string name) => new StringBuilder(name).Replace("_", "").Replace("-", "").ToString().ToLowerInvariant();

    /// <summary>Levenshtein's: how many letters to put in, take out or replace.</summary>
    internal static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}

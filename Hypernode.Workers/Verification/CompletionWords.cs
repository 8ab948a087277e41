namespace Hypernode.Workers.Verification;

/// <summary>
/// The white paper's completion marker (§6.2): ✅, success, completed or done in the job's output. As whole words, and not
/// where the line says the opposite ("not done", "success: false", "0 completed").
/// </summary>
public static class CompletionWords
{
    private const int GuardedWords = 3;

    private static readonly HashSet<string> Markers = new(StringComparer.OrdinalIgnoreCase) { "✅", "success", "completed", "done" };

    private static readonly HashSet<string> Negations = new(StringComparer.OrdinalIgnoreCase)
    {
        "not", "no", "never", "without", "cannot", "nothing", "none", "0", "false", "fail", "failed", "fails", "failure", "error", "isn't", "wasn't",
        "hasn't", "haven't", "won't", "can't", "couldn't", "didn't", "doesn't", "aren't", "weren't", "nearly", "almost", "until", "if", "when",
    };

    public static bool AreIn(string text) => text.Split('\n').Any(LineSaysSo);

    private static bool LineSaysSo(string line)
    {
        var words = WordsOf(line);
        return words.Where((word, i) => Markers.Contains(word) && !IsNegated(words, i)).Any();
    }

    /// <summary>Three words before, two after.</summary>
    private static bool IsNegated(List<string> words, int at) =>
        words.Skip(Math.Max(0, at - GuardedWords)).Take(Math.Min(at, GuardedWords)).Any(Negations.Contains)
        || words.Skip(at + 1).Take(GuardedWords - 1).Any(Negations.Contains);

    private static List<string> WordsOf(string line)
    {
        var words = new List<string>();
        var start = -1;
        for (var i = 0; i <= line.Length; i++)
        {
            var inWord = i < line.Length && (char.IsLetterOrDigit(line[i]) || line[i] is '\'' or '’' or '✅' or '_' or '-');
            if (inWord && start < 0)
            {
                start = i;
            }
            else if (!inWord && start >= 0)
            {
                words.Add(line[start..i].Replace('’', '\''));
                start = -1;
            }
        }

        return words;
    }
}

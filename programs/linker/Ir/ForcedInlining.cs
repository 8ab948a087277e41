using System.Text.RegularExpressions;

namespace Sbpf.Linker.Ir;

/// <summary>
/// BPF's calling convention has five argument registers and one result. Functions with more arguments, or with an
/// aggregate or 128-bit result, must be inlined before code generation: the back end refuses to call them.
/// </summary>
public static partial class ForcedInlining
{
    private const int MaxArguments = 5;

    [GeneratedRegex("""^define (?<head>.*?)@(?<name>"[^"]+"|[\w.$-]+)\((?<args>.*)\)(?<tail>[^)]*)\{$""", RegexOptions.ExplicitCapture)]
    private static partial Regex Definition();

    /// <param name="ir">A module in textual form.</param>
    /// <param name="forced">How many functions were marked.</param>
    public static string Apply(string ir, out int forced)
    {
        forced = 0;
        var lines = ir.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var definition = Definition().Match(lines[i]);
            if (!definition.Success || definition.Groups["name"].Value == "entrypoint" || IsCallable(definition))
                continue;
            if (definition.Groups["tail"].Value.Contains("personality", StringComparison.Ordinal))
                throw new LinkException($"{definition.Groups["name"].Value} unwinds");
            // The attribute group goes: it may say noinline, which contradicts.
            lines[i] = $"define {definition.Groups["head"].Value}@{definition.Groups["name"].Value}({definition.Groups["args"].Value}) alwaysinline {{";
            forced++;
        }
        return string.Join('\n', lines);
    }

    private static bool IsCallable(Match definition)
    {
        var result = definition.Groups["head"].Value.TrimEnd();
        var wide = result.EndsWith('}') || result.EndsWith(']') || result.EndsWith("i128", StringComparison.Ordinal);
        return !wide && IrText.SplitList(definition.Groups["args"].Value).Count <= MaxArguments;
    }
}

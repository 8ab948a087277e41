using System.Text.RegularExpressions;

namespace Sbpf.Linker.Ir;

/// <summary>
/// The back end has no library to call for a copy of unknown or large size: those become the runtime's own calls. Small
/// constant sizes stay, and are unrolled.
/// </summary>
public static partial class MemoryLowering
{
    /// <summary>The largest copy that the back end unrolls, in bytes.</summary>
    private const long UnrollLimit = 128;

    [GeneratedRegex(@"(?:tail |musttail |notail )?call void @llvm\.(?<op>memcpy|memmove|memset)(?:\.inline)?\.[a-z0-9.]+\((?<args>.*)\)(?= *(?:#\d+)?(?:,|$))", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Intrinsic();

    // The pointer to a returned structure is an ordinary argument; upstream refuses only the mark on it.
    [GeneratedRegex(@" sret\((?:[^()]|\([^()]*\))*\)", RegexOptions.ExplicitCapture)]
    private static partial Regex StructureReturn();

    [GeneratedRegex(@"\b(?:noundef|nonnull|noalias|readonly|writeonly|captures\([^)]*\)|align \d+|dereferenceable(?:_or_null)?\(\d+\))\s*", RegexOptions.ExplicitCapture)]
    private static partial Regex ParameterAttribute();

    /// <param name="ir">A module in textual form.</param>
    /// <param name="replaced">How many intrinsics became calls.</param>
    public static string Apply(string ir, out int replaced)
    {
        var count = 0;
        var used = new SortedSet<string>(StringComparer.Ordinal);
        var lowered = Intrinsic().Replace(StructureReturn().Replace(ir, ""), match =>
        {
            var arguments = IrText.SplitList(match.Groups["args"].Value);
            if (long.TryParse(arguments[2].Split(' ')[^1], out var size) && size <= UnrollLimit)
                return match.Value;
            count++;
            var syscall = $"sol_{match.Groups["op"].Value}_";
            used.Add(syscall);
            return $"call void @{syscall}({Operand(arguments[0])}, {Operand(arguments[1])}, {Operand(arguments[2])})";
        });
        foreach (var syscall in used)
        {
            var second = syscall == "sol_memset_" ? "i8" : "ptr";
            if (!lowered.Contains($"declare void @{syscall}(", StringComparison.Ordinal))
                lowered += $"\ndeclare void @{syscall}(ptr, {second}, i64)\n";
        }
        replaced = count;
        return lowered;
    }

    /// <summary>An argument without its attributes: "ptr align 8 %x" is "ptr %x".</summary>
    private static string Operand(string argument)
    {
        var space = argument.IndexOf(' ', StringComparison.Ordinal);
        return $"{argument[..space]} {ParameterAttribute().Replace(argument[space..], "").Trim()}";
    }
}

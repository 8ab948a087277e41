using System.Text.RegularExpressions;

namespace Sbpf.Linker.Ir;

/// <summary>
/// Replaces what the back end would refuse or turn into calls of a compiler library: multiplications that are checked or
/// 128 bits wide, 128-bit shifts by a variable, and signed division.
/// </summary>
public static partial class ArithmeticLowering
{
    [GeneratedRegex(@"call \{ i64, i1 \} @llvm\.(?<sign>u|s)mul\.with\.overflow\.i64\(", RegexOptions.ExplicitCapture)]
    private static partial Regex CheckedMultiplication();

    [GeneratedRegex(@"= mul (?:nuw |nsw )*i128 (?<a>[^,]+), (?<b>[^,\n]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex WideMultiplication();

    [GeneratedRegex(@"= (?<op>sdiv|srem) (?:exact )?i(?<width>8|16|32|64) (?<a>[^,]+), (?<b>[^,\n]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex SignedDivision();

    [GeneratedRegex(@"= (?<op>shl|lshr|ashr) (?:nuw |nsw |exact )*i128 (?<a>[^,]+), (?<b>%[^,\n]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex WideShift();

    /// <param name="ir">A module in textual form.</param>
    /// <param name="replaced">How many operations became calls of inlined routines.</param>
    public static string Apply(string ir, out int replaced)
    {
        var count = 0;
        var needed = new SortedDictionary<string, string>(StringComparer.Ordinal);

        string Replace(Regex pattern, Func<Match, string> replacement)
        {
            return pattern.Replace(ir, match =>
            {
                count++;
                return replacement(match);
            });
        }

        ir = Replace(CheckedMultiplication(), m =>
        {
            var sign = m.Groups["sign"].Value;
            needed["mulu64"] = ArithmeticRoutines.MultiplyTo128;
            needed[sign + "mulo"] = sign == "u" ? ArithmeticRoutines.UnsignedChecked : ArithmeticRoutines.SignedChecked;
            return $"call {{ i64, i1 }} @__svm_{sign}mulo64(";
        });
        ir = Replace(WideMultiplication(), m =>
        {
            needed["mulu64"] = ArithmeticRoutines.MultiplyTo128;
            needed["mul128"] = ArithmeticRoutines.Multiply128;
            return $"= call i128 @__svm_mul128(i128 {m.Groups["a"].Value}, i128 {m.Groups["b"].Value})";
        });
        ir = Replace(SignedDivision(), m =>
        {
            var (op, width) = (m.Groups["op"].Value, int.Parse(m.Groups["width"].Value));
            needed[$"{op}{width}"] = ArithmeticRoutines.SignedDivision(op, width);
            return $"= call i{width} @__svm_{op}{width}(i{width} {m.Groups["a"].Value}, i{width} {m.Groups["b"].Value})";
        });
        ir = Replace(WideShift(), m =>
        {
            var op = m.Groups["op"].Value;
            needed[$"{op}128"] = ArithmeticRoutines.Shift128(op);
            return $"= call i128 @__svm_{op}128(i128 {m.Groups["a"].Value}, i128 {m.Groups["b"].Value})";
        });

        replaced = count;
        return $"{ir}\n{string.Join('\n', needed.Values)}\n";
    }
}

using System.Text;

namespace Sbpf.Linker.Ir;

/// <summary>Helpers over LLVM's textual IR.</summary>
internal static class IrText
{
    /// <summary>A parameter or argument list, split at its top-level commas.</summary>
    public static List<string> SplitList(string list)
    {
        var items = new List<string>();
        var item = new StringBuilder();
        var depth = 0;
        foreach (var c in list)
        {
            depth += c switch { '(' or '[' or '{' or '<' => 1, ')' or ']' or '}' or '>' => -1, _ => 0 };
            if (c == ',' && depth == 0)
            {
                items.Add(item.ToString().Trim());
                item.Clear();
            }
            else
            {
                item.Append(c);
            }
        }
        var last = item.ToString().Trim();
        if (last.Length > 0)
            items.Add(last);
        return items;
    }
}

using System.Text;
using Hypernode.Api.Auth;

namespace Hypernode.Api.Tests;

/// <summary>docs/api.md shows the access table as it is. HYPERNODE_UPDATE_DOCS=1 writes it anew.</summary>
public sealed class ApiDocTests
{
    private const string Begin = "<!-- routes -->\n";
    private const string End = "<!-- /routes -->";

    private static readonly (string Name, Callers Caller)[] Columns =
    [
        ("anonymous", Callers.Anonymous), ("any key", Callers.Wallet), ("owner", Callers.Wallet | Callers.Owner),
        ("node", Callers.Wallet | Callers.Node), ("operator", Callers.Wallet | Callers.Operator),
    ];

    [Fact]
    public async Task The_routes_table_is_the_access_table()
    {
        var file = Path.Combine(Root(), "docs", "api.md");
        var text = await File.ReadAllTextAsync(file);
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        var expected = Table();
        if (Environment.GetEnvironmentVariable("HYPERNODE_UPDATE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(file, text[..from] + expected + text[to..]);
            return;
        }

        text[from..to].ShouldBe(expected, "docs/api.md is not the access table: HYPERNODE_UPDATE_DOCS=1 writes it anew");
    }

    private static string Table()
    {
        var table = new StringBuilder($"\n| route | {string.Join(" | ", Columns.Select(c => c.Name))} |\n|---|{string.Concat(Columns.Select(_ => "---|"))}\n");
        foreach (var rule in AccessTable.Rules)
        {
            table.Append("| `").Append(rule.Method == "*" ? "" : $"{rule.Method} ").Append(rule.Route).Append("` |");
            foreach (var (_, caller) in Columns)
            {
                table.Append((rule.Allowed & caller) == Callers.None ? "  |" : " yes |");
            }

            table.Append('\n');
        }

        return table.Append('\n').ToString();
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Hypernode.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("the repository's root is not above the tests");
        }

        return folder.FullName;
    }
}

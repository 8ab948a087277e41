using System.Text;
using Hypernode.Api.Auth;
using Hypernode.Api.OpenApi;

namespace Hypernode.Api.Tests;

/// <summary>docs/api.md shows the access table and the live messages as they are. HYPERNODE_UPDATE_DOCS=1 writes it anew.</summary>
public sealed class ApiDocTests
{
    private static readonly (string Name, Callers Caller)[] Columns =
    [
        ("anonymous", Callers.Anonymous), ("any key", Callers.Wallet), ("owner", Callers.Wallet | Callers.Owner),
        ("node", Callers.Wallet | Callers.Node), ("operator", Callers.Wallet | Callers.Operator),
    ];

    [Fact]
    public async Task The_routes_table_is_the_access_table()
    {
        await ShouldHoldAsync("routes", Table());
    }

    [Fact]
    public async Task The_messages_of_the_WebSocket_are_the_documents_examples()
    {
        await ShouldHoldAsync("client messages", Listed(LiveExamples.FromClient));
        await ShouldHoldAsync("server messages", Listed(LiveExamples.FromServer));
    }

    private static async Task ShouldHoldAsync(string part, string expected)
    {
        var file = Path.Combine(Root(), "docs", "api.md");
        var text = await File.ReadAllTextAsync(file);
        var begin = $"<!-- {part} -->\n";
        var (from, to) = (text.IndexOf(begin, StringComparison.Ordinal) + begin.Length, text.IndexOf($"<!-- /{part} -->", StringComparison.Ordinal));
        if (Environment.GetEnvironmentVariable("HYPERNODE_UPDATE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(file, text[..from] + expected + text[to..]);
            return;
        }

        text[from..to].ShouldBe(expected, $"docs/api.md has other {part}: HYPERNODE_UPDATE_DOCS=1 writes it anew");
    }

    private static string Listed(IEnumerable<string> messages) => $"\n```json\n{string.Join('\n', messages)}\n```\n\n";

    private static string Table()
    {
        var table = new StringBuilder($"\n| route | {string.Join(" | ", Columns.Select(c => c.Name))} |\n|---|{string.Concat(Columns.Select(_ => "---|"))}\n");
        foreach (var rule in AccessTable.Rules.Concat(AccessTable.Channels))
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

    internal static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Hypernode.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("the repository's root is not above the tests");
        }

        return folder.FullName;
    }
}

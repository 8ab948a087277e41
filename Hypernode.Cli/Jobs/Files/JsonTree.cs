using System.Text;
using System.Text.Json;

namespace Hypernode.Cli.Jobs.Files;

/// <summary>Reads JSON with comments and trailing commas, and remembers where everything stands.</summary>
internal sealed class JsonTree
{
    public const int MaxBytes = 1 << 20;
    private const int MaxDepth = 16;

    private readonly byte[] _json;
    private readonly List<int> _lines = [0];
    private readonly List<FileProblem> _problems;

    private JsonTree(byte[] json, List<FileProblem> problems)
    {
        (_json, _problems) = (json, problems);
        for (var i = 0; i < json.Length; i++)
        {
            if (json[i] == '\n')
            {
                _lines.Add(i + 1);
            }
        }
    }

    /// <returns>Null when it is no JSON, which has been noted then.</returns>
    /// <param name="problems">Where names stand twice is noted here, too.</param>
    public static Node? Read(byte[] json, List<FileProblem> problems)
    {
        if (json.Length > MaxBytes)
        {
            problems.Add(new(1, 1, "", $"a job file has at most {MaxBytes} bytes"));
            return null;
        }

        if (json.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            json = json[3..]; // what some editors put in front
        }

        var tree = new JsonTree(json, problems);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = MaxDepth });
        try
        {
            reader.Read();
            var root = tree.Walk(ref reader, "");
            while (reader.Read())
            {
                // Whatever follows makes it no JSON: the reader says so.
            }

            return root;
        }
        catch (JsonException e)
        {
            var (line, column) = tree.At(tree._lines[(int)Math.Min(e.LineNumber ?? 0, tree._lines.Count - 1)] + (int)(e.BytePositionInLine ?? 0));
            problems.Add(new(line, column, "", $"this is no JSON: {Plain(e)}"));
        }
        catch (InvalidOperationException)
        {
            var (line, column) = tree.At((int)reader.TokenStartIndex);
            problems.Add(new(line, column, "", "this is no text of Unicode"));
        }

        return null;
    }

    private Node Walk(ref Utf8JsonReader reader, string path)
    {
        var (line, column) = At((int)reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return new Node(JsonValueKind.Object, line, column) { Members = Members(ref reader, path) };
            case JsonTokenType.StartArray:
                var items = new List<Node>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(Walk(ref reader, $"{path}[{items.Count}]"));
                }

                return new Node(JsonValueKind.Array, line, column) { Items = items };
            case JsonTokenType.String:
                return new Node(JsonValueKind.String, line, column) { Text = reader.GetString()! };
            default:
                var kind = reader.TokenType switch
                {
                    JsonTokenType.Number => JsonValueKind.Number,
                    JsonTokenType.True => JsonValueKind.True,
                    JsonTokenType.False => JsonValueKind.False,
                    _ => JsonValueKind.Null,
                };
                return new Node(kind, line, column) { Text = Encoding.UTF8.GetString(reader.ValueSpan) };
        }
    }

    private List<Member> Members(ref Utf8JsonReader reader, string path)
    {
        var members = new List<Member>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var (line, column) = At((int)reader.TokenStartIndex);
            var name = reader.GetString()!;
            var inner = FileProblem.Join(path, name);
            reader.Read();
            var value = Walk(ref reader, inner);
            if (members.Find(m => m.Name == name) is { } first)
            {
                _problems.Add(new(line, column, inner, $"it stands on line {first.Line} already"));
            }
            else
            {
                members.Add(new Member(name, line, column, value));
            }
        }

        return members;
    }

    private (int Line, int Column) At(int position)
    {
        position = Math.Clamp(position, 0, _json.Length);
        var found = _lines.BinarySearch(position);
        var line = found >= 0 ? found : ~found - 1;
        return (line + 1, Encoding.UTF8.GetCharCount(_json, _lines[line], position - _lines[line]) + 1);
    }

    /// <summary>The parser's words without its own way of saying where.</summary>
    private static string Plain(JsonException e) => e.Message.Split(" LineNumber:")[0].TrimEnd('.', ' ');
}

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hypernode.Cli.Jobs.Files;

/// <summary>A value of a job file, and where it stands. What is wrong with it can then be told where it was written.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in characters.</param>
internal sealed record Node(JsonValueKind Kind, int Line, int Column)
{
    /// <summary>A text's content; a number as it is written.</summary>
    public string Text { get; init; } = "";

    /// <summary>Of an object, in their order; none twice.</summary>
    public IReadOnlyList<Member> Members { get; init; } = [];

    /// <summary>Of a list.</summary>
    public IReadOnlyList<Node> Items { get; init; } = [];

    public Node? this[string name] => Find(name)?.Value;

    public Member? Find(string name) => Members.FirstOrDefault(m => m.Name == name);

    /// <returns>Null where there is no such member, or it is no text.</returns>
    public string? TextOf(string name) => this[name] is { Kind: JsonValueKind.String } node ? node.Text : null;

    /// <summary>A whole number, written without point or exponent.</summary>
    public long? Integer => Kind == JsonValueKind.Number && long.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    public long? IntegerOf(string name) => this[name]?.Integer;

    /// <summary>The members replaced or added, in place; nulls are taken away.</summary>
    public Node With(string name, Node? value) => this with
    {
        Members = value is null ? [.. Members.Where(m => m.Name != name)]
            : Find(name) is null ? [.. Members, new Member(name, value.Line, value.Column, value)]
            : [.. Members.Select(m => m.Name == name ? m with { Value = value } : m)],
    };

    public Node Without(params string[] names) => this with { Members = [.. Members.Where(m => !names.Contains(m.Name, StringComparer.Ordinal))] };

    public JsonNode? ToJson() => Kind switch
    {
        JsonValueKind.Object => new JsonObject(Members.Select(m => KeyValuePair.Create(m.Name, m.Value.ToJson()))),
        JsonValueKind.Array => new JsonArray([.. Items.Select(i => i.ToJson())]),
        JsonValueKind.String => JsonValue.Create(Text),
        JsonValueKind.Null => null,
        _ => JsonNode.Parse(Text), // as it is written: no binary fraction sees a number
    };
}

/// <param name="Line">Of its name.</param>
/// <param name="Column">Of its name.</param>
internal sealed record Member(string Name, int Line, int Column, Node Value);

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Hypernode.Contracts.Jobs;

namespace Hypernode.Cli.Jobs.Files;

/// <summary>
/// The published schema of job files (JSON Schema 2020-12), read by ourselves: what an editor refuses and
/// what we refuse is then one text, and we can say where a mistake stands and what may have been meant. Only the keywords that it uses
/// are known here; another one is a mistake of ours. <c>x-expected</c> is what a value must be, for people.
/// </summary>
internal sealed class JobSchema
{
    private static readonly TimeSpan RegexLimit = TimeSpan.FromSeconds(1);

    private readonly JsonObject _root;
    private readonly Dictionary<string, Regex> _patterns = new(StringComparer.Ordinal);

    private JobSchema(JsonObject root) => _root = root;

    public static JobSchema Published { get; } = new((JsonObject)JsonNode.Parse(JobFileSchema.Text())!);

    /// <summary>A whole file.</summary>
    public void Check(Node file, ICollection<FileProblem> problems) => Apply(_root, file, "", problems);

    /// <summary>A part of one.</summary>
    /// <param name="definition">One of the schema's <c>$defs</c>.</param>
    public void Check(Node node, string path, string definition, ICollection<FileProblem> problems) => Apply(Definition(definition), node, path, problems);

    private JsonObject Definition(string name) => (JsonObject)_root["$defs"]![name]!;

    private void Apply(JsonObject schema, Node node, string path, ICollection<FileProblem> problems)
    {
        if (schema["type"] is { } type && !Types(type).Any(t => IsType(node, t)))
        {
            problems.Add(FileProblem.At(node, path, $"must be {(schema["not"] is null ? Expected(schema) : null) ?? Word(Types(type)[0])}"));
            return;
        }

        foreach (var (keyword, value) in schema)
        {
            switch (keyword)
            {
                case "$ref": Apply(Definition(((string)value!)["#/$defs/".Length..]), node, path, problems); break;
                case "allOf": foreach (var each in (JsonArray)value!) { Apply((JsonObject)each!, node, path, problems); } break;
                case "if": Apply((JsonObject?)schema[Fits((JsonObject)value!, node) ? "then" : "else"] ?? [], node, path, problems); break;
                case "enum" or "const": CheckWord(keyword == "enum" ? [.. (JsonArray)value!] : [value!], schema, node, path, problems); break;
                case "pattern" or "minLength" or "maxLength" when node.Kind == JsonValueKind.String: CheckText(keyword, value!, schema, node, path, problems); break;
                case "minimum" or "maximum" when node.Kind == JsonValueKind.Number: CheckNumber(keyword, value!, schema, node, path, problems); break;
                case "minItems" or "maxItems" or "uniqueItems" or "items" when node.Kind == JsonValueKind.Array: CheckList(keyword, value!, node, path, problems); break;
                case "minProperties" when node.Kind == JsonValueKind.Object && node.Members.Count < (int)value!:
                    problems.Add(FileProblem.At(node, path, $"must have at least {value}"));
                    break;
                case "maxProperties" when node.Kind == JsonValueKind.Object && node.Members.Count > (int)value!:
                    problems.Add(FileProblem.At(node, path, $"must have at most {value}"));
                    break;
                case "properties" or "additionalProperties" or "propertyNames" or "required" or "dependentRequired" or "oneOf" or "not" when node.Kind == JsonValueKind.Object:
                    CheckObject(keyword, value!, schema, node, path, problems);
                    break;
                default: Demand(keyword); break;
            }
        }
    }

    private void CheckObject(string keyword, JsonNode value, JsonObject schema, Node node, string path, ICollection<FileProblem> problems)
    {
        switch (keyword)
        {
            case "properties":
                foreach (var member in node.Members.Where(m => value[m.Name] is not null))
                {
                    Apply((JsonObject)value[member.Name]!, member.Value, FileProblem.Join(path, member.Name), problems);
                }

                break;
            case "additionalProperties":
                foreach (var member in node.Members.Where(m => schema["properties"]?[m.Name] is null))
                {
                    if (value is JsonObject other)
                    {
                        Apply(other, member.Value, FileProblem.Join(path, member.Name), problems);
                    }
                    else
                    {
                        Unknown(member, [.. ((JsonObject)schema["properties"]!).Select(p => p.Key)], path, problems);
                    }
                }

                break;
            case "propertyNames":
                foreach (var member in node.Members)
                {
                    Apply((JsonObject)value, new Node(JsonValueKind.String, member.Line, member.Column) { Text = member.Name }, FileProblem.Join(path, member.Name), problems);
                }

                break;
            case "required":
                foreach (var name in Names(value).Where(n => node[n] is null))
                {
                    problems.Add(FileProblem.At(node, FileProblem.Join(path, name), "is missing"));
                }

                break;
            case "dependentRequired":
                foreach (var (name, needed) in (JsonObject)value)
                {
                    if (node.Find(name) is { } there && Names(needed!).FirstOrDefault(n => node[n] is null) is { } missing)
                    {
                        problems.Add(FileProblem.At(there, FileProblem.Join(path, name), $"needs {missing} beside it"));
                    }
                }

                break;
            case "oneOf":
                CheckOneOf([.. ((JsonArray)value).Select(o => Names(o!["required"]!))], node, path, problems);
                break;
            case "not" when Names(value["required"]!) is var together && together.All(n => node[n] is not null):
                problems.Add(FileProblem.At(node.Find(together[^1])!, FileProblem.Join(path, together[^1]), Expected(schema) ?? $"{string.Join(" and ", together)} don't go together"));
                break;
        }
    }

    private static void CheckOneOf(IReadOnlyList<string[]> ways, Node node, string path, ICollection<FileProblem> problems)
    {
        if (ways.Count(w => w.All(n => node[n] is not null)) != 1)
        {
            var words = string.Join(" and ", ways.Select(w => string.Join(" with ", w)));
            var second = ways.Where(w => w.All(n => node[n] is not null)).Select(w => node.Find(w[0])!).Skip(1).FirstOrDefault();
            problems.Add(second is null
                ? FileProblem.At(node, path, $"exactly one of {words} must be given")
                : FileProblem.At(second, FileProblem.Join(path, second.Name), $"exactly one of {words} must be given"));
        }
    }

    private void CheckList(string keyword, JsonNode value, Node node, string path, ICollection<FileProblem> problems)
    {
        switch (keyword)
        {
            case "minItems" when node.Items.Count < (int)value: problems.Add(FileProblem.At(node, path, $"must have at least {value}")); break;
            case "maxItems" when node.Items.Count > (int)value: problems.Add(FileProblem.At(node, path, $"must have at most {value}")); break;
            case "items":
                for (var i = 0; i < node.Items.Count; i++)
                {
                    Apply((JsonObject)value, node.Items[i], $"{path}[{i}]", problems);
                }

                break;
            case "uniqueItems":
                var seen = new HashSet<string>(StringComparer.Ordinal);
                for (var i = 0; i < node.Items.Count; i++)
                {
                    if (node.Items[i].Kind == JsonValueKind.String && !seen.Add(node.Items[i].Text))
                    {
                        problems.Add(FileProblem.At(node.Items[i], $"{path}[{i}]", "is there already"));
                    }
                }

                break;
        }
    }

    private static void CheckWord(JsonNode?[] words, JsonObject schema, Node node, string path, ICollection<FileProblem> problems)
    {
        if (words.Any(w => Same(w!, node)))
        {
            return;
        }

        var texts = words.Where(w => w!.GetValueKind() == JsonValueKind.String).Select(w => (string)w!).ToArray();
        problems.Add(texts.Length == 0
            ? FileProblem.At(node, path, $"must be {Expected(schema) ?? words[0]!.ToJsonString()}, or left out")
            : FileProblem.At(node, path, $"must be one of {string.Join(", ", texts)}", node.Kind == JsonValueKind.String ? FileProblem.Nearest(node.Text, texts) : null));
    }

    private void CheckText(string keyword, JsonNode value, JsonObject schema, Node node, string path, ICollection<FileProblem> problems)
    {
        switch (keyword)
        {
            case "pattern" when !Pattern((string)value!).IsMatch(node.Text): problems.Add(FileProblem.At(node, path, $"must be {Expected(schema) ?? (string)value!}")); break;
            case "minLength" when node.Text.Length < (int)value: problems.Add(FileProblem.At(node, path, (int)value == 1 ? "must not be empty" : $"must have at least {value} characters")); break;
            case "maxLength" when node.Text.EnumerateRunes().Count() > (int)value: problems.Add(FileProblem.At(node, path, $"must have at most {value} characters")); break;
        }
    }

    private static void CheckNumber(string keyword, JsonNode value, JsonObject schema, Node node, string path, ICollection<FileProblem> problems)
    {
        var least = keyword == "minimum";
        if (node.Integer is { } number && (least ? number < (long)value : number > (long)value))
        {
            problems.Add(FileProblem.At(node, path, schema["minimum"] is { } min && schema["maximum"] is { } max
                ? $"must be from {min} to {max}"
                : $"must be at {(least ? "least" : "most")} {value}"));
        }
    }

    private static void Unknown(Member member, string[] known, string path, ICollection<FileProblem> problems)
    {
        var nearest = FileProblem.Nearest(member.Name, known);
        problems.Add(FileProblem.At(
            member, FileProblem.Join(path, member.Name), nearest is null ? $"unknown field; there are {string.Join(", ", known.Where(k => k[0] != '$'))}" : "unknown field", nearest));
    }

    private bool Fits(JsonObject schema, Node node)
    {
        var problems = new List<FileProblem>();
        Apply(schema, node, "", problems);
        return problems.Count == 0;
    }

    private Regex Pattern(string pattern)
    {
        lock (_patterns)
        {
            return _patterns.TryGetValue(pattern, out var known) ? known : _patterns[pattern] = new Regex(pattern, RegexOptions.ECMAScript, RegexLimit);
        }
    }

    /// <summary>What says nothing about this kind of value, or nothing at all.</summary>
    private static void Demand(string keyword)
    {
        string[] known =
        [
            "$schema", "$id", "$defs", "title", "description", "x-expected", "type", "then", "else", "pattern", "minLength", "maxLength", "minimum", "maximum",
            "minItems", "maxItems", "uniqueItems", "items", "minProperties", "maxProperties", "properties", "additionalProperties", "propertyNames", "required",
            "dependentRequired", "oneOf", "not",
        ];
        if (!known.Contains(keyword, StringComparer.Ordinal))
        {
            throw new InvalidOperationException($"the schema of job files uses {keyword}, which its reader does not know");
        }
    }

    private static bool Same(JsonNode word, Node node) => word.GetValueKind() == node.Kind && (node.Kind != JsonValueKind.String || (string)word! == node.Text);

    private static string? Expected(JsonObject schema) => (string?)schema["x-expected"];

    private static string[] Types(JsonNode type) => type is JsonArray several ? [.. several.Select(t => (string)t!)] : [(string)type!];

    private static string[] Names(JsonNode names) => [.. ((JsonArray)names).Select(n => (string)n!)];

    private static bool IsType(Node node, string type) => type switch
    {
        "object" => node.Kind == JsonValueKind.Object,
        "array" => node.Kind == JsonValueKind.Array,
        "string" => node.Kind == JsonValueKind.String,
        "integer" => node.Integer is not null,
        "number" => node.Kind == JsonValueKind.Number && decimal.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out _),
        "boolean" => node.Kind is JsonValueKind.True or JsonValueKind.False,
        _ => throw new InvalidOperationException($"the schema of job files has a type {type}, which its reader does not know"),
    };

    private static string Word(string type) => type switch
    {
        "object" => "an object",
        "array" => "a list",
        "integer" => "a whole number",
        "boolean" => "true or false",
        _ => "a text",
    };
}

using System.Text;
using System.Text.Json.Nodes;

namespace Hypernode.Api.Tests.Fuzzing;

/// <summary>Spoils a JSON body: first as a tree (types, bounds, missing and unknown fields), then as text and bytes (what no tree can hold).</summary>
internal static class BodyMutator
{
    private const string Mark = "@@raw@@";

    /// <param name="atMost">So many changes; at least one.</param>
    public static JsonNode? Spoil(JsonNode body, Random random, int atMost)
    {
        JsonNode? root = body.DeepClone();
        for (var i = random.Next(1, atMost + 1); i > 0 && root is not null; i--)
        {
            root = SpoilOnce(root, random);
        }

        return root;
    }

    public static byte[] Write(JsonNode? body, Random random)
    {
        var text = body?.ToJsonString() ?? "null";
        return random.Next(24) switch
        {
            0 => Junk.Utf8(text)[..random.Next(Encoding.UTF8.GetByteCount(text) + 1)],
            1 => Insert(Junk.Utf8(text), Junk.NoUtf8(random), random),
            2 => Junk.Utf8(Doubled(text, random)),
            3 => Junk.Utf8(WithRaw(body, random) ?? text),
            4 => Junk.Utf8(text + Junk.RawValue(random)),
            5 => Junk.Utf8(Deep(text, random)),
            6 => Encoding.Unicode.GetBytes(text),
            7 => Junk.Utf8(new string(' ', random.Next(20_000)) + text),
            _ => Junk.Utf8(text),
        };
    }

    /// <summary>A value for a schema, as it says or nearly so.</summary>
    public static JsonNode? Make(JsonNode? schema, JsonObject shared, Random random, int depth = 0)
    {
        if (schema?["$ref"]?.GetValue<string>() is { } reference)
        {
            return Make(shared[reference[(reference.LastIndexOf('/') + 1)..]], shared, random, depth + 1);
        }

        if (depth > 12 || random.Next(20) == 0)
        {
            return Junk.Value(random, 3);
        }

        if ((schema?["anyOf"] ?? schema?["oneOf"]) is JsonArray { Count: > 0 } choices)
        {
            return Make(choices[random.Next(choices.Count)], shared, random, depth + 1);
        }

        if (schema?["enum"] is JsonArray { Count: > 0 } values)
        {
            return values[random.Next(values.Count)]?.DeepClone();
        }

        var type = schema?["type"] is JsonArray types ? types[random.Next(types.Count)]?.GetValue<string>() : schema?["type"]?.GetValue<string>();
        return type switch
        {
            "object" => new JsonObject((schema!["properties"] as JsonObject ?? []).Where(_ => random.Next(8) > 0).Select(p => KeyValuePair.Create(p.Key, Make(p.Value, shared, random, depth + 1)))),
            "array" => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => Make(schema!["items"], shared, random, depth + 1))]),
            "integer" or "number" => Junk.Number(random),
            "boolean" => random.Next(2) == 0,
            "null" => null,
            _ => Junk.Text(random),
        };
    }

    private static JsonNode? SpoilOnce(JsonNode root, Random random)
    {
        var all = Nodes(root).ToList();
        var target = all[random.Next(all.Count)];
        switch (random.Next(7))
        {
            case 0 when target is JsonObject { Count: > 0 } shrunk:
                shrunk.Remove(shrunk.ElementAt(random.Next(shrunk.Count)).Key);
                return root;
            case 1 when target is JsonObject grown:
                grown[random.Next(2) == 0 ? "unknown" : new string([.. Junk.Text(random).Take(100)])] = Junk.Value(random);
                return root;
            case 2 when target is JsonObject { Count: > 0 } renamed:
                var (name, moved) = renamed.ElementAt(random.Next(renamed.Count));
                renamed.Remove(name);
                renamed[name.ToUpperInvariant()] = moved;
                return root;
            case 3 when target is JsonArray { Count: > 0 } repeated:
                var one = repeated[random.Next(repeated.Count)];
                for (var i = random.Next(1, 100); i > 0; i--)
                {
                    repeated.Add(one?.DeepClone());
                }

                return root;
            case 4 when target is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0:
                return Replace(root, target, Bent(text, random));
            default:
                return Replace(root, target, Junk.Value(random));
        }
    }

    /// <summary>Nearly what it was: one character more, less or other.</summary>
    private static string Bent(string text, Random random)
    {
        var at = random.Next(text.Length);
        return random.Next(4) switch
        {
            0 => text.Remove(at, 1),
            1 => text.Insert(at, Junk.Text(random)),
            2 => text.ToUpperInvariant(),
            _ => $"{text[..at]}{(char)random.Next(1, 0x250)}{text[(at + 1)..]}",
        };
    }

    private static JsonNode? Replace(JsonNode root, JsonNode target, JsonNode? by)
    {
        if (target == root)
        {
            return by;
        }

        target.ReplaceWith(by);
        return root;
    }

    /// <summary>A value that only text can have, in the place of one of the tree's.</summary>
    private static string? WithRaw(JsonNode? body, Random random)
    {
        if (body is null)
        {
            return null;
        }

        var root = body.DeepClone();
        var all = Nodes(root).Where(n => n != root).ToList();
        if (all.Count == 0)
        {
            return null;
        }

        all[random.Next(all.Count)].ReplaceWith(Mark);
        return root.ToJsonString().Replace($"\"{Mark}\"", Junk.RawValue(random), StringComparison.Ordinal);
    }

    /// <summary>A field twice, with another value.</summary>
    private static string Doubled(string text, Random random)
    {
        var colons = Enumerable.Range(0, text.Length).Where(i => text[i] == '{').ToList();
        if (colons.Count == 0)
        {
            return text + text;
        }

        var at = colons[random.Next(colons.Count)] + 1;
        var end = text.IndexOf(':', at);
        return end < 0 ? text : text.Insert(at, $"{text[at..end]}:{Junk.RawValue(random)},");
    }

    private static string Deep(string text, Random random)
    {
        var depth = random.Next(1, 3_000);
        return random.Next(2) == 0
            ? $"{new string('[', depth)}{text}{new string(']', depth)}"
            : string.Concat(Enumerable.Repeat("{\"a\":", depth)) + text + new string('}', depth);
    }

    private static byte[] Insert(byte[] bytes, byte[] some, Random random)
    {
        var at = random.Next(bytes.Length + 1);
        return [.. bytes[..at], .. some, .. bytes[at..]];
    }

    private static IEnumerable<JsonNode> Nodes(JsonNode root)
    {
        yield return root;
        var inner = root switch
        {
            JsonObject o => o.Select(p => p.Value),
            JsonArray a => a.AsEnumerable(),
            _ => [],
        };
        foreach (var node in inner.OfType<JsonNode>().SelectMany(Nodes))
        {
            yield return node;
        }
    }
}

using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hypernode.Contracts.Text;

/// <summary>
/// RFC 8785 (JSON Canonicalization Scheme) for the documents that we hash: objects, arrays, strings, booleans, null
/// and integers of at most 53 bits. Fractions are refused: no hashed document of ours has any.
/// </summary>
public static class CanonicalJson
{
    private const long MaxSafeInteger = (1L << 53) - 1;

    /// <summary>UTF-8 bytes of the canonical form of <paramref name="value"/>, serialized with <see cref="ContractJson.Options"/>.</summary>
    public static byte[] Serialize<T>(T value) => Canonicalize(JsonSerializer.SerializeToNode(value, ContractJson.Options));

    public static byte[] Canonicalize(JsonNode? node)
    {
        var text = new StringBuilder();
        Write(text, node);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Write(StringBuilder text, JsonNode? node)
    {
        switch (node)
        {
            case null:
                text.Append("null");
                break;
            case JsonObject o:
                text.Append('{');
                var first = true;
                foreach (var (key, value) in o.OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    if (!first)
                    {
                        text.Append(',');
                    }

                    first = false;
                    WriteString(text, key);
                    text.Append(':');
                    Write(text, value);
                }

                text.Append('}');
                break;
            case JsonArray a:
                text.Append('[');
                for (var i = 0; i < a.Count; i++)
                {
                    if (i > 0)
                    {
                        text.Append(',');
                    }

                    Write(text, a[i]);
                }

                text.Append(']');
                break;
            case JsonValue v:
                WriteValue(text, v);
                break;
        }
    }

    private static void WriteValue(StringBuilder text, JsonValue value)
    {
        switch (value.GetValueKind())
        {
            case JsonValueKind.True:
                text.Append("true");
                break;
            case JsonValueKind.False:
                text.Append("false");
                break;
            case JsonValueKind.String:
                WriteString(text, value.GetValue<string>());
                break;
            default:
                if (!long.TryParse(value.ToJsonString(), out var number) || number is > MaxSafeInteger or < -MaxSafeInteger)
                {
                    throw new FormatException("a hashed document holds integers of at most 53 bits only");
                }

                text.Append(number);
                break;
        }
    }

    private static void WriteString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' => text.Append($"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }
}

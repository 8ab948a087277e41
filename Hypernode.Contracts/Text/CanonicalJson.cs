using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
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
    public static byte[] Serialize<T>(T value) => Canonicalize(JsonSerializer.SerializeToUtf8Bytes(value, ContractJson.Options));

    public static byte[] Canonicalize(JsonNode? node) => Canonicalize(Encoding.UTF8.GetBytes(node?.ToJsonString() ?? "null"));

    private static byte[] Canonicalize(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var output = new ArrayBufferWriter<byte>(json.Length);
        Write(output, document.RootElement);
        return output.WrittenSpan.ToArray();
    }

    private static void Write(ArrayBufferWriter<byte> output, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(output, element);
                break;
            case JsonValueKind.Array:
                var separator = "["u8;
                foreach (var item in element.EnumerateArray())
                {
                    output.Write(separator);
                    Write(output, item);
                    separator = ","u8;
                }

                output.Write(element.GetArrayLength() == 0 ? "[]"u8 : "]"u8);
                break;
            case JsonValueKind.String:
                var raw = JsonMarshal.GetRawUtf8Value(element);
                if (raw.Contains((byte)'\\'))
                {
                    WriteString(output, element.GetString()!);
                }
                else
                {
                    output.Write(raw); // whatever must be escaped is escaped in any JSON
                }

                break;
            case JsonValueKind.Number:
                if (!element.TryGetInt64(out var number) || number is > MaxSafeInteger or < -MaxSafeInteger)
                {
                    throw new FormatException("a hashed document holds integers of at most 53 bits only");
                }

                number.TryFormat(output.GetSpan(20), out var length, default, CultureInfo.InvariantCulture);
                output.Advance(length);
                break;
            default:
                output.Write(JsonMarshal.GetRawUtf8Value(element)); // true, false, null
                break;
        }
    }

    private static void WriteObject(ArrayBufferWriter<byte> output, JsonElement element)
    {
        var properties = new (string Name, JsonElement Value)[element.GetPropertyCount()];
        var count = 0;
        foreach (var property in element.EnumerateObject())
        {
            properties[count++] = (property.Name, property.Value);
        }

        Array.Sort(properties, (a, b) => string.CompareOrdinal(a.Name, b.Name));
        output.Write("{"u8);
        for (var i = 0; i < count; i++)
        {
            if (i > 0)
            {
                output.Write(properties[i].Name != properties[i - 1].Name ? ","u8 : throw new ArgumentException($"{properties[i].Name} is there twice"));
            }

            WriteString(output, properties[i].Name);
            output.Write(":"u8);
            Write(output, properties[i].Value);
        }

        output.Write("}"u8);
    }

    private static void WriteString(ArrayBufferWriter<byte> output, string value)
    {
        output.Write("\""u8);
        var rest = value.AsSpan();
        while (rest.IndexOfAnyInRange('\0', '\x1F') is var control && rest.IndexOfAny('"', '\\') is var special && (control >= 0 || special >= 0))
        {
            var at = control < 0 ? special : special < 0 ? control : Math.Min(control, special);
            Encoding.UTF8.GetBytes(rest[..at], output);
            WriteEscaped(output, rest[at]);
            rest = rest[(at + 1)..];
        }

        Encoding.UTF8.GetBytes(rest, output);
        output.Write("\""u8);
    }

    private static void WriteEscaped(ArrayBufferWriter<byte> output, char c)
    {
        switch (c)
        {
            case '"': output.Write("\\\""u8); break;
            case '\\': output.Write("\\\\"u8); break;
            case '\b': output.Write("\\b"u8); break;
            case '\f': output.Write("\\f"u8); break;
            case '\n': output.Write("\\n"u8); break;
            case '\r': output.Write("\\r"u8); break;
            case '\t': output.Write("\\t"u8); break;
            default: Encoding.UTF8.GetBytes($"\\u{(int)c:x4}", output); break;
        }
    }
}

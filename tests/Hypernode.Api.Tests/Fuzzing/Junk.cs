using System.Text;
using System.Text.Json.Nodes;

namespace Hypernode.Api.Tests.Fuzzing;

/// <summary>Values that readers trip over. None of them holds a word that the leak check looks for.</summary>
internal static class Junk
{
    private static readonly string[] Texts =
    [
        "", " ", "\t\n", "null", "true", "0", "-1", "NaN", "1e309", "'; --", "\" or 1=1", "${jndi:x}", "{{7*7}}", "<script>", "../../x", "..\\x", "%00", "%s%n",
        "\u0000", "a\u0000b", "\u202Eabc", "\uFEFF", "e\u0301", "ﬀ", "İ", "ß", "🍐", "\U0010FFFF", "\uFFFE", "𝟙𝟚", "١٢٣", "job-", "sha256:", "GPU-", "1111",
        "00000000-0000-0000-0000-000000000000", "job-00000000-0000-0000-0000-000000000000", "JOB-0F8FAD5B-D9CB-469F-A165-70867728950E", "0x10", "1_000", "1,5", "1.0000001", "٫5",
        "11111111111111111111111111111111", "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin",
    ];

    /// <summary>As they stand in JSON, for what no node of a tree can hold.</summary>
    private static readonly string[] RawValues =
    [
        "1e400", "-1e400", "-0", "1.0", "1E2", "0.1e1", "9223372036854775807", "9223372036854775808", "18446744073709551616", "-9223372036854775809", "4503599627370497",
        "340282366920938463463374607431768211456", "01", "+1", "1.", ".5", "NaN", "Infinity", "0x1", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0000\"", "\"\\x41\"", "\"\\u12\"", "'x'",
        "tru", "nul", "[", "{", "]", "}", ",", ":", "/* x */ 1", "// x\n1", "{\"a\":1,\"a\":2}", "{\"\\u0061\":1,\"a\":2}", "{\"\\ud800\":1}", "{\"\":1}", "[1,]", "{\"a\":1,}",
    ];

    private static readonly byte[][] BadUtf8 = [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0x80], [0xEF, 0xBB, 0xBF], [0x00]];

    private static readonly long[] Numbers =
    [
        0, 1, -1, 2, 9, 10, 63, 64, 65, 127, 128, 255, 256, 257, 1_000, 4_096, 65_535, 65_536, 86_400, 86_401, int.MaxValue, int.MinValue, (long)int.MaxValue + 1, uint.MaxValue,
        1L << 40, (1L << 40) + 1, 1L << 52, (1L << 53) + 1, 253_402_300_799_999, 253_402_300_800_000, long.MaxValue, long.MinValue, long.MaxValue - 1,
    ];

    public static string Text(Random random) => random.Next(12) switch
    {
        0 => new string('x', random.Next(1, 70_000)),
        1 => string.Concat(Enumerable.Repeat("é🍐", random.Next(1, 2_000))),
        2 => Convert.ToHexStringLower(Bytes(random, 32)),
        3 => Convert.ToBase64String(Bytes(random, random.Next(0, 1_400))),
        4 => new string([.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => (char)random.Next(0x20, 0xD7FF))]),
        _ => Texts[random.Next(Texts.Length)],
    };

    public static string RawValue(Random random) => RawValues[random.Next(RawValues.Length)];

    public static byte[] NoUtf8(Random random) => BadUtf8[random.Next(BadUtf8.Length)];

    public static long Number(Random random) => random.Next(3) == 0 ? random.NextInt64(long.MinValue, long.MaxValue) : Numbers[random.Next(Numbers.Length)];

    public static JsonNode? Value(Random random, int depth = 0) => random.Next(depth > 3 ? 5 : 8) switch
    {
        0 => null,
        1 => random.Next(2) == 0,
        2 => Number(random),
        3 => random.Next(2) == 0 ? random.NextDouble() : random.NextDouble() * 1e18,
        4 => Text(random),
        5 => new JsonArray([.. Enumerable.Range(0, random.Next(5)).Select(_ => Value(random, depth + 1))]),
        6 => new JsonArray([.. Enumerable.Range(0, random.Next(60, 300)).Select(_ => (JsonNode?)1)]),
        _ => new JsonObject(Enumerable.Range(0, random.Next(4)).Select(i => KeyValuePair.Create($"k{i}", Value(random, depth + 1)))),
    };

    /// <summary>For headers: what a client can put on the wire at all.</summary>
    public static string Header(Random random) => new([.. Text(random).Where(c => c is >= ' ' and < (char)127).Take(9_000)]);

    /// <summary>One segment of a path, escaped; some of it is no UTF-8.</summary>
    public static string Segment(Random random) => random.Next(4) == 0
        ? string.Concat(Bytes(random, random.Next(1, 8)).Select(b => $"%{b:X2}"))
        : Uri.EscapeDataString(new string([.. Text(random).EnumerateRunes().Take(1_000).SelectMany(r => r.ToString())]));

    public static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}

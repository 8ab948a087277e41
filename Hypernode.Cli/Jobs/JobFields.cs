using System.Text;
using System.Text.Json;

namespace Hypernode.Cli.Jobs;

/// <summary>A job file's fields: which there are, and on which line each stands, so that a mistake is told where it was made.</summary>
internal sealed class JobFields
{
    // By the object that holds them; [] is any member of a list.
    private static readonly Dictionary<string, string[]> Known = new(StringComparer.Ordinal)
    {
        [""] = ["type", "image", "limits", "estimatedTime", "script", "cmd", "inputs", "network", "networkAllow", "description", "nodes", "encryption"],
        ["limits"] = ["cpuMillis", "memoryMb", "gpus", "gpuVramMb", "timeoutSeconds", "outputMb"],
        ["inputs[]"] = ["name", "path", "sha256", "bytes", "encrypted"],
        ["encryption"] = ["resultKey"],
    };

    private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);
    private readonly List<string> _problems = [];

    /// <summary>What is wrong with its fields' names, each with its line.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>1 where the path is not in the file.</summary>
    /// <param name="path">As <c>limits.cpuMillis</c> or <c>inputs[0].name</c>.</param>
    public int LineOf(string path) => _lines.GetValueOrDefault(path, 1);

    /// <exception cref="JsonException">No JSON.</exception>
    public static JobFields Read(byte[] json)
    {
        var fields = new JobFields();
        var reader = new Utf8JsonReader(json);
        reader.Read();
        fields.Walk(ref reader, "", "", json);
        while (reader.Read())
        {
            // Whatever follows makes it no JSON: the reader says so.
        }

        return fields;
    }

    /// <param name="shape">The path with [] for every index.</param>
    private void Walk(ref Utf8JsonReader reader, string path, string shape, byte[] json)
    {
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
            {
                _lines[$"{path}[{i}]"] = LineAt(json, reader.TokenStartIndex);
                Walk(ref reader, $"{path}[{i}]", $"{shape}[]", json);
            }
        }
        else if (reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                var name = reader.GetString()!;
                var inner = path.Length == 0 ? name : $"{path}.{name}";
                var line = LineAt(json, reader.TokenStartIndex);
                if (Known.TryGetValue(shape, out var known) && !known.Contains(name, StringComparer.Ordinal))
                {
                    _problems.Add($"line {line}: {inner}: there is no such field{Suggest(name, known)}");
                }
                else if (!_lines.TryAdd(inner, line))
                {
                    _problems.Add($"line {line}: {inner}: it stands on line {_lines[inner]} already");
                }

                reader.Read();
                Walk(ref reader, inner, shape.Length == 0 ? name : $"{shape}.{name}", json);
            }
        }
    }

    private static int LineAt(byte[] json, long at) => json.AsSpan(0, (int)at).Count((byte)'\n') + 1;

    private static string Suggest(string name, string[] known)
    {
        var nearest = known.MinBy(k => Distance(Plain(name), Plain(k)))!;
        return Distance(Plain(name), Plain(nearest)) <= Math.Max(2, name.Length / 3)
            ? $"; did you mean {nearest}?"
            : $"; there are {string.Join(", ", known)}";
    }

    private static string Plain(string name) => new StringBuilder(name).Replace("_", "").Replace("-", "").ToString().ToLowerInvariant();

    /// <summary>Levenshtein's: how many letters to put in, take out or replace.</summary>
    internal static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}

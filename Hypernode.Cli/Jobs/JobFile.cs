using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Cli.Client;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;

namespace Hypernode.Cli.Jobs;

/// <summary>
/// A job as people write it: the API's job; <c>"script": "@FILE"</c> takes the script from a file, and an input's <c>path</c>
/// its content. An input with a hash and no path is the file of its name if that is there, else it was uploaded before.
/// </summary>
/// <param name="Job">As it will be hashed and signed for.</param>
/// <param name="Uploads">The inputs whose content is here, and their files.</param>
internal sealed record JobFile(JobSpec Job, IReadOnlyList<(JobInput Input, string Path)> Uploads)
{
    private static readonly string[] Required = ["type", "image", "limits", "limits.cpuMillis", "limits.memoryMb", "estimatedTime"];

    /// <param name="image">Instead of the file's; null: the file's own.</param>
    /// <exception cref="CliException">Each line names a line of the file, a field and what is wrong with it.</exception>
    public static async Task<JobFile> ReadAsync(string path, string? image, CancellationToken cancellationToken)
    {
        var json = await File.ReadAllBytesAsync(path, cancellationToken);
        if (json.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            json = json[3..]; // what some editors put in front
        }

        var (body, fields) = Parse(json, path);
        if (image is not null)
        {
            body["image"] = image;
        }

        List<string> problems = [.. fields.Problems, .. Required.Where(f => At(body, f) is null && (!f.Contains('.') || At(body, f.Split('.')[0]) is JsonObject)).Select(f => $"line {fields.LineOf(f.Split('.')[0])}: {f}: is missing")];
        if (body["script"] is null == body["cmd"] is null)
        {
            problems.Add($"line {fields.LineOf("cmd")}: exactly one of script and cmd must be given");
        }

        Demand(problems, path);
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (body["script"] is JsonValue value && value.TryGetValue<string>(out var script) && script is ['@', .. var name])
        {
            var file = Path.Combine(folder, name);
            Demand(File.Exists(file) ? [] : [$"line {fields.LineOf("script")}: script: there is no file {file}"], path);
            body["script"] = await File.ReadAllTextAsync(file, cancellationToken);
        }

        var uploads = await InputsAsync(body, folder, fields, path, cancellationToken);
        return new JobFile(ToSpec(body, fields, path), uploads);
    }

    /// <summary>What the job reads is where nodes find it.</summary>
    /// <exception cref="CliException">A file was changed meanwhile, or the server stored another one.</exception>
    public async Task UploadAsync(ApiClient api, CancellationToken cancellationToken)
    {
        foreach (var (input, path) in Uploads)
        {
            var stored = await api.UploadAsync(input.Name, await File.ReadAllBytesAsync(path, cancellationToken), cancellationToken);
            if (stored != input with { Encrypted = null })
            {
                throw new CliException($"{path} is not the file that the job names");
            }
        }
    }

    public static async Task<(JobInput Input, string Path)> InputOfAsync(string name, string path, CancellationToken cancellationToken)
    {
        var content = await File.ReadAllBytesAsync(path, cancellationToken);
        return (new JobInput(name, Hash256.Of(content), content.Length), path);
    }

    private static (JsonObject Body, JobFields Fields) Parse(byte[] json, string path)
    {
        try
        {
            var fields = JobFields.Read(json);
            Demand(fields.Problems, path); // a field that is there twice would be no JSON object below
            return (JsonNode.Parse(json) as JsonObject ?? throw Wrong([$"line 1: must be an object"], path), fields);
        }
        catch (JsonException e)
        {
            throw Wrong([$"line {e.LineNumber + 1}: this is no JSON (byte {e.BytePositionInLine + 1} of the line)"], path);
        }
    }

    private static async Task<IReadOnlyList<(JobInput Input, string Path)>> InputsAsync(
        JsonObject body, string folder, JobFields fields, string path, CancellationToken cancellationToken)
    {
        var uploads = new List<(JobInput, string)>();
        var inputs = body["inputs"] as JsonArray ?? [];
        for (var i = 0; i < inputs.Count; i++)
        {
            string Problem(string field, string text) => $"line {fields.LineOf(field.Length == 0 ? $"inputs[{i}]" : $"inputs[{i}].{field}")}: inputs[{i}]{(field.Length == 0 ? "" : $".{field}")}: {text}";
            if (inputs[i] is not JsonObject input || !Text(input["name"], out var name))
            {
                throw Wrong([Problem("", "must be an object with a name")], path);
            }

            var named = input["path"] is not null;
            if (named && (!Text(input["path"], out _) || input["sha256"] is not null || input["bytes"] is not null))
            {
                throw Wrong([Problem("path", "must be a file's path, and makes sha256 and bytes superfluous")], path);
            }

            if (!named && (input["sha256"] is null || input["bytes"] is null))
            {
                throw Wrong([Problem("", "needs a path, or the sha256 and bytes of what was uploaded before")], path);
            }

            var file = Path.Combine(folder, named ? input["path"]!.GetValue<string>() : name);
            if (named)
            {
                Demand(File.Exists(file) ? [] : [Problem("path", $"there is no file {file}")], path);
                var (of, _) = await InputOfAsync(name, file, cancellationToken);
                input.Remove("path");
                input["sha256"] = of.Sha256.ToString();
                input["bytes"] = of.Bytes;
            }

            if (File.Exists(file))
            {
                uploads.Add((ToInput(input, Problem, path), file));
            }
        }

        return uploads;
    }

    private static JobInput ToInput(JsonObject input, Func<string, string, string> problem, string path)
    {
        try
        {
            return input.Deserialize<JobInput>(ContractJson.Options)!;
        }
        catch (JsonException)
        {
            throw Wrong([problem("", "sha256 must be 64 hex characters, bytes a number")], path);
        }
    }

    private static JobSpec ToSpec(JsonObject body, JobFields fields, string path)
    {
        try
        {
            return body.Deserialize<JobSpec>(ContractJson.Options)!;
        }
        catch (JsonException e)
        {
            // The parser's own words name types of this program.
            var field = (e.Path ?? "$").TrimStart('$').TrimStart('.');
            throw Wrong([$"line {fields.LineOf(field)}: {field}: this value is not one that may stand there"], path);
        }
    }

    private static bool Text(JsonNode? node, out string text)
    {
        text = "";
        return node is JsonValue value && value.TryGetValue(out text!) && text.Length > 0;
    }

    private static JsonNode? At(JsonObject body, string field) =>
        field.Split('.') is [var outer, var inner] ? (body[outer] as JsonObject)?[inner] : body[field];

    private static void Demand(IReadOnlyList<string> problems, string path)
    {
        if (problems.Count > 0)
        {
            throw Wrong(problems, path);
        }
    }

    private static CliException Wrong(IReadOnlyList<string> problems, string path) =>
        new(string.Join('\n', [$"{path} is no job:", .. problems.Select(p => $"  {p}")])) { ExitCode = ExitCodes.Usage };
}

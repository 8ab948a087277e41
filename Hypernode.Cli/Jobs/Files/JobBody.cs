using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.Cli.Jobs.Files;

/// <summary>One job of a file, with all its values in it: what the schema can't say, and the files that it names.</summary>
/// <param name="problems">What is wrong is noted here.</param>
/// <param name="imageLater">What stands for --image may go on standing there.</param>
internal sealed class JobBody(string folder, List<FileProblem> problems, bool imageLater)
{
    public const string ImageOfOption = "@image";

    private static readonly string[] OnlyInFiles = ["$schema", "matrix", "concurrency", "amount", "needs", "outputs", "env", "steps"];

    // A file is read once, however many jobs of a sweep name it.
    private readonly Dictionary<string, JobInput?> _hashed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> _scripts = new(StringComparer.Ordinal);

    /// <param name="path">Of the job in the file; empty: the file is the job.</param>
    /// <param name="idOf">The id of the job that a step's name stands for.</param>
    /// <returns>Null when something is wrong with the file; it is noted then.</returns>
    public PlannedJob? Read(Node body, string path, string id, string? step, Combination combination, Func<string, string> idOf)
    {
        JobSchema.Published.Check(body.Without("$schema", "matrix", "concurrency"), path, "step", problems);
        JobSchema.Published.Check(body, path, "complete", problems);
        var script = Script(body, path);
        var (inputs, uploads, fromSteps) = Inputs(body, path, idOf);
        CheckValues(body, path);
        var amount = Amount(body, path);
        if (problems.Count > 0)
        {
            return null; // here or elsewhere: what stands in a wrong file may be what nothing can be made of
        }

        var json = (JsonObject)body.Without(OnlyInFiles).ToJson()!;
        if (script is not null)
        {
            json["script"] = script;
        }

        json["inputs"] = inputs;
        return new PlannedJob(
            id,
            step,
            combination.Values.ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal),
            [.. Steps.Needs(body).Select(idOf)],
            amount,
            json.Deserialize<JobSpec>(ContractJson.Options)!,
            uploads,
            fromSteps,
            body["outputs"] is { } outputs ? [.. outputs.Items.Select(o => o.Text)] : null);
    }

    private string? Script(Node body, string path)
    {
        if (body["script"] is not { Kind: JsonValueKind.String } node)
        {
            return null;
        }

        var at = FileProblem.Join(path, "script");
        var script = node.Text;
        if (script is ['@', .. var name])
        {
            var file = Path.Combine(folder, name);
            if (!_scripts.TryGetValue(file, out var text))
            {
                _scripts[file] = text = File.Exists(file) ? File.ReadAllText(file) : null;
            }

            if (text is null)
            {
                problems.Add(FileProblem.At(node, at, $"there is no file {file}"));
                return null;
            }

            if (Substitution.Has(text))
            {
                problems.Add(FileProblem.At(node, at, $"{name} holds a ${{{{ … }}}}, and nothing is put into files: give it the value by env"));
            }

            script = text;
        }

        script = Exports(body["env"]) + script;
        if (Encoding.UTF8.GetByteCount(script) > JobSpec.MaxScriptBytes)
        {
            problems.Add(FileProblem.At(node, at, $"must have at most {JobSpec.MaxScriptBytes} bytes, env included"));
        }

        return script;
    }

    /// <summary>Quoted for the shell: whatever a value holds, it stays a value.</summary>
    private static string Exports(Node? env) => string.Concat((env?.Members ?? []).Select(m => $"export {m.Name}='{m.Value.Text.Replace("'", "'\\''", StringComparison.Ordinal)}'\n"));

    private (JsonArray? Inputs, IReadOnlyList<Upload> Uploads, IReadOnlyList<StepInput> FromSteps) Inputs(Node body, string path, Func<string, string> idOf)
    {
        var uploads = new List<Upload>();
        var fromSteps = new List<StepInput>();
        var json = new JsonArray();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var items = body["inputs"]?.Items ?? [];
        for (var i = 0; i < items.Count; i++)
        {
            var at = FileProblem.Join(path, $"inputs[{i}]");
            if (items[i].TextOf("name") is not { } name)
            {
                continue; // the schema has said so
            }

            if (!names.Add(name))
            {
                problems.Add(FileProblem.At(items[i]["name"]!, $"{at}.name", "another input has this name"));
            }

            if (items[i].TextOf("from") is { } from)
            {
                fromSteps.Add(new StepInput(name, idOf(from), items[i].TextOf("path") ?? ""));
            }
            else if (Input(items[i], name, at) is { } input)
            {
                json.Add(JsonSerializer.SerializeToNode(input.Input, ContractJson.Options));
                if (input.Path is not null)
                {
                    uploads.Add(new Upload(input.Input, input.Path));
                }
            }

            if (items[i]["encrypted"] is not null && body["nodes"] is null)
            {
                problems.Add(FileProblem.At(items[i]["encrypted"]!, $"{at}.encrypted", "what is encrypted is sealed to the keys of certain nodes: name them in nodes"));
            }
        }

        return (body["inputs"] is null || (json.Count == 0 && fromSteps.Count > 0) ? null : json, uploads, fromSteps);
    }

    /// <returns>Without a path: it was uploaded before.</returns>
    private (JobInput Input, string? Path)? Input(Node item, string name, string at)
    {
        bool? encrypted = item["encrypted"] is null ? null : true;
        if (item.TextOf("path") is { } path)
        {
            var file = Path.Combine(folder, path);
            if (Hashed(file) is not { } found)
            {
                problems.Add(FileProblem.At(item["path"]!, $"{at}.path", $"there is no file {file}"));
                return null;
            }

            return (found with { Name = name, Encrypted = encrypted }, file);
        }

        if (!Hash256.TryParse(item.TextOf("sha256"), null, out var sha256) || item.IntegerOf("bytes") is not { } bytes)
        {
            return null; // the schema has said so
        }

        var input = new JobInput(name, sha256, bytes, encrypted);
        var beside = Path.Combine(folder, name);
        if (Hashed(beside) is { } there && (there.Sha256 != sha256 || there.Bytes != bytes))
        {
            problems.Add(FileProblem.At(item, at, $"{beside} is not the file that the job names"));
        }

        return (input, File.Exists(beside) ? beside : null);
    }

    private JobInput? Hashed(string file)
    {
        if (!_hashed.TryGetValue(file, out var input))
        {
            _hashed[file] = input = File.Exists(file) ? JobFile.InputOf("", file) : null;
        }

        return input;
    }

    private void CheckValues(Node body, string path)
    {
        void Wrong(Node node, string field, string text) => problems.Add(FileProblem.At(node, FileProblem.Join(path, field), text));
        if (body["image"] is { Kind: JsonValueKind.String } image)
        {
            if (image.Text == ImageOfOption)
            {
                if (!imageLater)
                {
                    Wrong(image, "image", $"{ImageOfOption} is the one of --image, which was not given");
                }
            }
            else if (image.Text.Contains("sha256:", StringComparison.Ordinal) && (!ImageReference.TryParse(image.Text, out _) || image.Text.Contains("..", StringComparison.Ordinal) || image.Text.Contains("//", StringComparison.Ordinal)))
            {
                Wrong(image, "image", "must be name@sha256:… or sha256:…");
            }
        }

        if (body["limits"] is { } limits && limits.IntegerOf("gpuVramMb") > 0 && limits.IntegerOf("gpus") is null or 0)
        {
            Wrong(limits["gpuVramMb"]!, "limits.gpuVramMb", "is the memory of each GPU, and gpus asks for none");
        }

        Long(body["description"], "description", 1_000);
        Each("cmd", (item, at) => Long(item, at, 4_096));
        Each("nodes", (item, at) => { if (!NodeId.TryParse(item.Text, null, out _)) { Wrong(item, at, "must be a node's id: a UUID in lower case"); } });
        Each("networkAllow", (item, at) =>
        {
            if (!NetworkTarget.TryParse(item.Text, out _))
            {
                Wrong(item, at, "must be host:port with a domain name in lower case, a public IPv4 address or a public [IPv6] address, in its shortest form");
            }
        });
        if (body["encryption"]?["resultKey"] is { Kind: JsonValueKind.String } key && !WalletAddress.TryParse(key.Text, null, out _))
        {
            Wrong(key, "encryption.resultKey", "must be 32 bytes in base58");
        }

        void Long(Node? node, string at, int most)
        {
            if (node is { Kind: JsonValueKind.String } && Encoding.UTF8.GetByteCount(node.Text) > most)
            {
                Wrong(node, at, $"must have at most {most} bytes of UTF-8");
            }
        }

        void Each(string name, Action<Node, string> check)
        {
            var items = body[name]?.Items ?? [];
            for (var i = 0; i < items.Count; i++)
            {
                if (items[i].Kind == JsonValueKind.String)
                {
                    check(items[i], $"{name}[{i}]");
                }
            }
        }
    }

    private HyperAmount? Amount(Node body, string path)
    {
        if (body["amount"] is not { } node || !HyperAmount.TryParseHyper(node.Text, out var amount))
        {
            return null; // the schema has said so
        }

        if (amount == HyperAmount.Zero)
        {
            problems.Add(FileProblem.At(node, FileProblem.Join(path, "amount"), "must be more than zero"));
        }

        return amount;
    }
}

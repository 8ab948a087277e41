using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Jobs;
using Hypernode.Cli.Jobs.Files;
using Hypernode.Contracts.Jobs;

namespace Hypernode.Cli.Tests.Jobs;

/// <summary>The published schema and our reader say the same, by the word of a validator that is not ours.</summary>
public sealed class JobSchemaTests : IDisposable
{
    private const string Image = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string Job = $$""" "type":"custom","image":"{{Image}}","script":"x","limits":{"cpuMillis":100,"memoryMb":16},"estimatedTime":5 """;
    private const string Step = """ "type":"custom","image":"@image","script":"x","limits":{"cpuMillis":100,"memoryMb":16},"estimatedTime":5 """;
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-schema-").FullName;

    public static TheoryData<string> Examples => [.. Directory.EnumerateFiles(Repository.Find().Example(), "job.json", SearchOption.AllDirectories).Select(f => Path.GetFileName(Path.GetDirectoryName(f))!)];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task Every_example_is_valid_in_both_and_names_the_schema(string name)
    {
        var path = Repository.Find().Example(name, "job.json");
        var text = await File.ReadAllTextAsync(path);
        OtherReader.IsValid(text).ShouldBeTrue();
        (await JobFileReader.ReadAsync(path, Image, default)).Problems.ShouldBeEmpty();
        var schema = JsonNode.Parse(text, documentOptions: OtherReader.Lenient)!["$schema"]!.GetValue<string>();
        Path.GetFullPath(schema, Path.GetDirectoryName(path)!).ShouldBe(Path.Combine(Repository.Find().Root, "Hypernode.Contracts", "Jobs", "job.schema.json"));
    }

    [Fact]
    public async Task The_starter_file_is_valid_in_both()
    {
        OtherReader.IsValid(InitCommand.Starter).ShouldBeTrue();
        (await ProblemsAsync(InitCommand.Starter)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData($$"""{ {{Job}}, "matrix": { "a": [1, "x", true], "include": [{ "a": 2 }], "exclude": [{ "a": 1 }] }, "description": "$MATRIX_A", "concurrency": 64 }""")]
    [InlineData("""{ "type":"custom","image":"@image","cmd":["a","${{ matrix.m }}"],"limits":{"cpuMillis":100,"memoryMb":"${{ matrix.m }}"},"estimatedTime":"${{ matrix.m }}","matrix":{"m":[16,32]} }""")]
    [InlineData($$"""{ {{Job}}, "network": "allowlist", "networkAllow": ["example.com:443"] }""")]
    [InlineData($$"""{ {{Job}}, "nodes": ["0f8fad5b-d9cb-469f-a165-70867728950e"], "inputs": [{ "name": "a", "sha256": "1111111111111111111111111111111111111111111111111111111111111111", "bytes": 7, "encrypted": true }] }""")]
    [InlineData($$"""{ {{Job}}, "encryption": { "resultKey": "4Nd1mYQZUgBsBpPYrSeLP3fVfBUjk8J9V8JYwrrw6uyv" } }""")]
    [InlineData($$"""{ "steps": { "a": { {{Step}} }, "b": { {{Step}}, "needs": ["a"], "inputs": [{ "name": "x", "from": "a", "path": "y" }] } } }""")]
    [InlineData("""{ "type":"custom","image":"@image","limits":{"cpuMillis":100},"estimatedTime":5, "steps": { "a": { "script": "x", "limits": { "memoryMb": 16 } } } }""")]
    public async Task What_is_good_is_good_in_both(string text)
    {
        text = text.Replace("$MATRIX_A", "${{ matrix.a }}", StringComparison.Ordinal);
        OtherReader.IsValid(text).ShouldBeTrue();
        (await ProblemsAsync(text)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData($$"""{ {{Job}}, "colour": 1 }""")]
    [InlineData($$"""{ {{Job}}, "cmd": ["x"] }""")]
    [InlineData($$"""{ {{Job}}, "cmd": [] }""")]
    [InlineData($$"""{ {{Job}} }""", "\"custom\"", "null")]
    [InlineData($$"""{ {{Job}} }""", "custom", "Custom")]
    [InlineData($$"""{ {{Job}} }""", "custom", "gaming")]
    [InlineData($$"""{ {{Job}} }""", "\"script\":\"x\"", "\"script\":\"\"")]
    [InlineData($$"""{ {{Job}} }""", "\"script\":\"x\"", "\"script\":7")]
    [InlineData($$"""{ {{Job}} }""", "\"memoryMb\":16", "\"memoryMb\":5")]
    [InlineData($$"""{ {{Job}} }""", "\"memoryMb\":16", "\"memoryMb\":\"16\"")]
    [InlineData($$"""{ {{Job}} }""", "\"memoryMb\":16", "\"memoryMb\":16.5")]
    [InlineData($$"""{ {{Job}} }""", ",\"memoryMb\":16", "")]
    [InlineData($$"""{ {{Job}} }""", "\"cpuMillis\":100", "\"cpuMillis\":64001")]
    [InlineData($$"""{ {{Job}} }""", "\"estimatedTime\":5", "\"estimatedTime\":0")]
    [InlineData($$"""{ {{Job}} }""", "\"type\":\"custom\"", "\"type\":\"rendering\",\"amount\":\"1\"", "\"cpuMillis\":100", "\"cpuMillis\":4001")]
    [InlineData($$"""{ {{Job}} }""", "sha256:a", "busybox:latest")]
    [InlineData($$"""{ {{Job}}, "amount": 0.5 }""")]
    [InlineData($$"""{ {{Job}}, "amount": "0.1234567" }""")]
    [InlineData($$"""{ {{Job}}, "concurrency": 0 }""")]
    [InlineData($$"""{ {{Job}}, "env": { "1A": "x" } }""")]
    [InlineData($$"""{ {{Job}}, "env": { "A": 1 } }""")]
    [InlineData($$"""{ {{Job}}, "env": { "A": "x" } }""", "\"script\":\"x\"", "\"cmd\":[\"x\"]")]
    [InlineData($$"""{ {{Job}}, "inputs": [{ "name": "a" }] }""")]
    [InlineData($$"""{ {{Job}}, "inputs": [{ "name": "a", "path": "job.json", "sha256": "1111111111111111111111111111111111111111111111111111111111111111" }] }""")]
    [InlineData($$"""{ {{Job}}, "inputs": [{ "name": ".a", "path": "job.json" }] }""")]
    [InlineData($$"""{ {{Job}}, "inputs": [{ "name": "a", "from": "b", "path": "job.json" }] }""")]
    [InlineData($$"""{ {{Job}}, "inputs": [{ "name": "a", "path": "job.json", "encrypted": false }] }""")]
    [InlineData($$"""{ {{Job}}, "outputs": ["a", "a"] }""")]
    [InlineData($$"""{ {{Job}}, "network": "allowlist" }""")]
    [InlineData($$"""{ {{Job}}, "networkAllow": ["example.com:443"] }""")]
    [InlineData($$"""{ {{Job}}, "nodes": [] }""")]
    [InlineData($$"""{ {{Job}}, "nodes": ["0F8FAD5B-D9CB-469F-A165-70867728950E"] }""")]
    [InlineData($$"""{ {{Job}}, "encryption": {} }""")]
    [InlineData($$"""{ {{Job}}, "matrix": {} }""")]
    [InlineData($$"""{ {{Job}}, "matrix": { "a": [] } }""")]
    [InlineData($$"""{ {{Job}}, "matrix": { "a": 1 } }""")]
    [InlineData($$"""{ {{Job}}, "matrix": { "a-b": [1] } }""")]
    [InlineData($$"""{ {{Job}}, "matrix": { "a": [[1]] } }""")]
    [InlineData("""{ "steps": {} }""")]
    [InlineData($$"""{ "steps": { "A": { {{Step}} } } }""")]
    [InlineData($$"""{ "steps": { "a": { {{Step}}, "steps": {} } } }""")]
    [InlineData($$"""{ "steps": { "a": { {{Step}}, "inputs": [{ "name": "x", "from": "b" }] } } }""")]
    [InlineData($$"""{ "script": "x", "steps": { "a": { {{Step}} } } }""")]
    public async Task What_is_bad_is_bad_in_both(string text, params string[] replaced)
    {
        for (var i = 0; i < replaced.Length; i += 2)
        {
            text.ShouldContain(replaced[i]);
            text = text.Replace(replaced[i], replaced[i + 1], StringComparison.Ordinal);
        }

        OtherReader.IsValid(text).ShouldBeFalse("the schema takes it");
        (await ProblemsAsync(text)).ShouldNotBeEmpty("the reader takes it");
    }

    /// <summary>The API's caps are the schema's: a file that is valid is not refused for its limits.</summary>
    [Theory]
    [InlineData(JobType.Inference)]
    [InlineData(JobType.Training)]
    [InlineData(JobType.Rendering)]
    [InlineData(JobType.Custom)]
    public void The_caps_are_those_of_the_type(JobType type)
    {
        var cap = JobLimits.CapOf(type);
        foreach (var (name, most) in new[] { ("cpuMillis", cap.CpuMillis), ("memoryMb", cap.MemoryMb), ("gpus", cap.Gpus), ("gpuVramMb", cap.GpuVramMb), ("timeoutSeconds", cap.TimeoutSeconds!.Value), ("outputMb", cap.OutputMb) })
        {
            string With(int value) => $$"""{ {{Job}} }""".Replace("custom", type.ToString().ToLowerInvariant(), StringComparison.Ordinal)
                .Replace("\"cpuMillis\":100,\"memoryMb\":16", name is "cpuMillis" ? $"\"cpuMillis\":{value},\"memoryMb\":16" : name is "memoryMb" ? $"\"cpuMillis\":100,\"memoryMb\":{value}" : $"\"cpuMillis\":100,\"memoryMb\":16,\"{name}\":{value}", StringComparison.Ordinal);
            (OtherReader.IsValid(With(most)), OtherReader.IsValid(With(most + 1))).ShouldBe((true, false), name);
        }
    }

    private async Task<IReadOnlyList<FileProblem>> ProblemsAsync(string text)
    {
        var path = Path.Combine(_folder, "job.json");
        await File.WriteAllTextAsync(path, text);
        return (await JobFileReader.ReadAsync(path, text.Contains("\"@image\"", StringComparison.Ordinal) ? Image : null, default)).Problems;
    }
}

using Hypernode.Cli.Adapters;
using Hypernode.Cli.Jobs;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;

namespace Hypernode.Cli.Tests.Jobs;

public sealed class JobFileTests : IDisposable
{
    private const string Image = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-jobfile-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("word-frequency")]
    [InlineData("bad-exit")]
    [InlineData("long")]
    public async Task The_examples_are_job_files(string name)
    {
        var file = await JobFile.ReadAsync(Repository.Find().Example(name, "job.json"), Image, default);
        file.Job.Image.ShouldBe(Image);
        file.Job.Script!.ShouldNotStartWith("@");
        file.Uploads.Select(u => u.Input).ShouldBe(file.Job.Inputs ?? []);
    }

    [Theory]
    [InlineData("sweep", 3)]
    [InlineData("pipeline", 2)]
    public async Task So_are_those_of_several_jobs(string name, int jobs)
    {
        var path = Repository.Find().Example(name, "job.json");
        (await JobFile.PlanAsync(path, Image, default)).Jobs.Count.ShouldBe(jobs);
        (await Should.ThrowAsync<CliException>(() => JobFile.ReadAsync(path, Image, default))).Message.ShouldContain("hn job run");
    }

    [Fact]
    public async Task An_input_with_a_path_is_hashed_and_uploaded()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "notes.txt"), "three words here");
        var file = await ReadAsync("""{"type":"custom","image":"IMAGE","cmd":["wc"],"limits":{"cpuMillis":100,"memoryMb":16},"estimatedTime":5,"inputs":[{"name":"text","path":"notes.txt"}]}""");
        var (input, path) = file.Uploads.ShouldHaveSingleItem();
        input.ShouldBe(new JobInput("text", Hash256.Of("three words here"u8), 16));
        path.ShouldBe(Path.Combine(_folder, "notes.txt"));
        file.Job.Inputs.ShouldBe([input]);
        file.Job.Hash().ShouldBe(new JobSpec(JobType.Custom, Image, new JobLimits(100, 16), 5, Cmd: ["wc"], Inputs: [input]).Hash());
    }

    [Fact]
    public async Task What_was_uploaded_before_is_named_by_its_hash_alone()
    {
        var file = await ReadAsync($$"""{"type":"custom","image":"IMAGE","script":"x","limits":{"cpuMillis":100,"memoryMb":16},"estimatedTime":5,"inputs":[{"name":"far","sha256":"{{new string('1', 64)}}","bytes":7}]}""");
        file.Uploads.ShouldBeEmpty();
        file.Job.Inputs!.ShouldHaveSingleItem().Bytes.ShouldBe(7);
    }

    [Theory]
    [InlineData("\"cpuMilis\": 1", "line 4, column 5, limits.cpuMilis: unknown field; did you mean cpuMillis?")]
    [InlineData("\"memory_mb\": 1", "line 4, column 5, limits.memory_mb: unknown field; did you mean memoryMb?")]
    [InlineData("\"colour\": 1", "line 4, column 5, limits.colour: unknown field; there are cpuMillis, memoryMb")]
    [InlineData("\"gpus\": \"two\"", "line 4, column 13, limits.gpus: must be a whole number")]
    [InlineData("\"gpus\": 1.0", "line 4, column 13, limits.gpus: must be a whole number")]
    [InlineData("\"gpus\": 9", "line 4, column 13, limits.gpus: must be from 0 to 8")]
    [InlineData("\"gpuVramMb\": 9", "line 4, column 18, limits.gpuVramMb: is the memory of each GPU, and gpus asks for none")]
    [InlineData("\"gpus\": 1, \"gpus\": 2", "line 4, column 16, limits.gpus: it stands on line 4 already")]
    [InlineData("\"gpus\": 1,,", "line 4, column 15: this is no JSON")]
    [InlineData("/* ä */ \"colour\": 1", "line 4, column 13, limits.colour: unknown field")]
    public async Task A_mistake_is_told_with_its_place_and_field(string limit, string told) => (await WrongAsync(
        $$"""
        {
          "type": "custom", "image": "IMAGE", "script": "x", "estimatedTime": 5,
          "limits": { "cpuMillis": 1000, "memoryMb": 16,
            {{limit}} }
        }
        """)).ShouldContain(told);

    [Theory]
    [InlineData("""{"image":"IMAGE","script":"x","limits":{"cpuMillis":100},"estimatedTime":5}""", "type: is missing")]
    [InlineData("""{"image":"IMAGE","script":"x","limits":{"cpuMillis":100},"estimatedTime":5}""", "limits.memoryMb: is missing")]
    [InlineData("""{"type":"custom","image":"IMAGE","limits":{"cpuMillis":100,"memoryMb":10},"estimatedTime":5}""", "exactly one of script and cmd")]
    [InlineData("""{"type":"custom","image":"IMAGE","script":"@gone.sh","limits":{"cpuMillis":100,"memoryMb":10},"estimatedTime":5}""", "script: there is no file")]
    [InlineData("""{"type":"costum","image":"IMAGE","script":"x","limits":{"cpuMillis":100,"memoryMb":10},"estimatedTime":5}""", "type: must be one of inference, training, rendering, custom; did you mean custom?")]
    [InlineData("""{"type":"custom","image":"IMAGE","script":"x","limits":{"cpuMillis":100,"memoryMb":10},"estimatedTime":5,"inputs":[{"name":"a"}]}""", "inputs[0]: exactly one of path and sha256 with bytes")]
    [InlineData("""{"type":"custom","image":"IMAGE","script":"x","limits":{"cpuMillis":100,"memoryMb":10},"estimatedTime":5,"inputs":[{"name":"a","path":"gone"}]}""", "inputs[0].path: there is no file")]
    [InlineData("""{"type":"inference","image":"IMAGE","script":"x","limits":{"cpuMillis":2001,"memoryMb":10},"estimatedTime":5}""", "limits.cpuMillis: must be at most 2000")]
    [InlineData("""{"type":"custom","image":"@image","script":"x","limits":{"cpuMillis":100,"memoryMb":10},"estimatedTime":5}""", "--image, which was not given")]
    [InlineData("""{"type":"custom","image":"busybox:latest","script":"x","limits":{"cpuMillis":100,"memoryMb":10},"estimatedTime":5}""", "a tag can be moved")]
    [InlineData("[]", "must be an object")]
    [InlineData("", "this is no JSON")]
    public async Task What_is_missing_is_told(string json, string told) => (await WrongAsync(json)).ShouldContain(told);

    [Fact]
    public async Task All_mistakes_are_told_at_once_in_their_order()
    {
        var told = await WrongAsync(
            """
            {
              // a comment does no harm
              "type": "costum",
              "image": "IMAGE",
              "limits": { "cpuMilis": 100 },
              "script": "@gone.sh",
              "cmd": ["x"],
              "inputs": [{ "name": "../a", "path": "gone" }],
              "estimatedTime": 0,
            }
            """);
        string[] expected =
        [
            "line 3, column 11, type:", "line 5, column 13, limits.memoryMb:", "line 5, column 13, limits.cpuMillis:", "line 5, column 15, limits.cpuMilis:", "line 6, column 13, script:", "line 7, column 3, cmd:",
            "line 8, column 24, inputs[0].name:", "line 8, column 40, inputs[0].path:", "line 9, column 20, estimatedTime:",
        ];
        var lines = told.Split('\n')[1..];
        lines.Length.ShouldBe(expected.Length, told);
        expected.ShouldAllBe(e => lines.Any(l => l.StartsWith("  " + e, StringComparison.Ordinal)), told);
    }

    [Fact]
    public async Task Comments_trailing_commas_and_a_schema_are_no_part_of_the_job()
    {
        var plain = await ReadAsync("""{"type":"custom","image":"IMAGE","script":"x","limits":{"cpuMillis":100,"memoryMb":16},"estimatedTime":5}""");
        var written = await ReadAsync(
            """
            { "$schema": "x", /* of */ "amount": "0.5", "outputs": ["a"], "type": "custom",
              "image": "IMAGE", // this
              "script": "x", "limits": { "cpuMillis": 100, "memoryMb": 16, }, "estimatedTime": 5, }
            """);
        written.Job.Hash().ShouldBe(plain.Job.Hash());
        written.Amount.ShouldBe(new HyperAmount(500_000));
    }

    [Fact]
    public async Task A_value_of_env_stays_a_value_whatever_it_holds()
    {
        var job = (await ReadAsync("""{"type":"custom","image":"IMAGE","script":"echo hi","env":{"A":"it's $(reboot)"},"limits":{"cpuMillis":100,"memoryMb":16},"estimatedTime":5}""")).Job;
        job.Script.ShouldBe("export A='it'\\''s $(reboot)'\necho hi");
    }

    [Theory]
    [InlineData("\u001b[2Jhello\nworld\t!", "\uFFFD[2Jhello\nworld\t!")]
    [InlineData("a\rb\u0007\u009b", "a\uFFFDb\uFFFD\uFFFD")]
    [InlineData("safe \u202Eelif", "safe \uFFFDelif")]
    public void A_strangers_text_does_not_steer_the_terminal(string text, string shown) => Terminal.Harmless(text).ShouldBe(shown);

    private async Task<string> WrongAsync(string json)
    {
        var wrong = await Should.ThrowAsync<CliException>(() => ReadAsync(json));
        wrong.ExitCode.ShouldBe(2);
        wrong.Message.ShouldNotContain("Hypernode.Contracts");
        return wrong.Message;
    }

    private async Task<JobFile> ReadAsync(string json)
    {
        var path = Path.Combine(_folder, "job.json");
        await File.WriteAllTextAsync(path, json.Replace("IMAGE", Image));
        return await JobFile.ReadAsync(path, null, default);
    }
}

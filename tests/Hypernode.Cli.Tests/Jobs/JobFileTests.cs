using Hypernode.Cli.Adapters;
using Hypernode.Cli.Jobs;
using Hypernode.Contracts.Jobs;
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
    [InlineData("\"cpuMilis\": 1", "line 4: limits.cpuMilis: there is no such field; did you mean cpuMillis?")]
    [InlineData("\"memory_mb\": 1", "line 4: limits.memory_mb: there is no such field; did you mean memoryMb?")]
    [InlineData("\"colour\": 1", "line 4: limits.colour: there is no such field; there are cpuMillis, memoryMb")]
    [InlineData("\"gpus\": \"two\"", "line 4: limits.gpus: this value is not one that may stand there")]
    [InlineData("\"gpus\": 1, \"gpus\": 2", "line 4: limits.gpus: it stands on line 4 already")]
    [InlineData("\"gpus\": 1,,", "line 4: this is no JSON")]
    public async Task A_mistake_is_told_with_its_line_and_field(string limit, string told) => (await WrongAsync(
        $$"""
        {
          "type": "custom", "image": "IMAGE", "script": "x", "estimatedTime": 5,
          "limits": { "cpuMillis": 1, "memoryMb": 16,
            {{limit}} }
        }
        """)).ShouldContain(told);

    [Theory]
    [InlineData("""{"image":"IMAGE","script":"x","limits":{"cpuMillis":1},"estimatedTime":5}""", "type: is missing")]
    [InlineData("""{"image":"IMAGE","script":"x","limits":{"cpuMillis":1},"estimatedTime":5}""", "limits.memoryMb: is missing")]
    [InlineData("""{"type":"custom","image":"IMAGE","limits":{"cpuMillis":1,"memoryMb":1},"estimatedTime":5}""", "exactly one of script and cmd")]
    [InlineData("""{"type":"custom","image":"IMAGE","script":"@gone.sh","limits":{"cpuMillis":1,"memoryMb":1},"estimatedTime":5}""", "script: there is no file")]
    [InlineData("""{"type":"costum","image":"IMAGE","script":"x","limits":{"cpuMillis":1,"memoryMb":1},"estimatedTime":5}""", "type: this value")]
    [InlineData("""{"type":"custom","image":"IMAGE","script":"x","limits":{"cpuMillis":1,"memoryMb":1},"estimatedTime":5,"inputs":[{"name":"a"}]}""", "inputs[0]: needs a path")]
    [InlineData("""{"type":"custom","image":"IMAGE","script":"x","limits":{"cpuMillis":1,"memoryMb":1},"estimatedTime":5,"inputs":[{"name":"a","path":"gone"}]}""", "inputs[0].path: there is no file")]
    [InlineData("[]", "must be an object")]
    [InlineData("", "this is no JSON")]
    public async Task What_is_missing_is_told(string json, string told) => (await WrongAsync(json)).ShouldContain(told);

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

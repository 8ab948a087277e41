using System.Text.Json.Nodes;
using Hypernode.Cli.Client;
using Hypernode.Cli.Jobs;
using Hypernode.Cli.Wallets;
using Hypernode.Contracts.Text;

namespace Hypernode.Cli.Tests.Jobs;

public sealed class JobCommandTests : IDisposable
{
    private const string Image = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-job-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("run /nowhere/job.json", "no file")]
    [InlineData("run job.json --concurrency 0", "--concurrency")]
    [InlineData("check /nowhere/job.json", "no file")]
    [InlineData("cancel /nowhere", "folder of a run")]
    [InlineData("submit job.json --amount 0", "--amount")]
    [InlineData("submit job.json --amount 1.0000001", "--amount")]
    [InlineData("submit job.json --amount 1 --api ftp://x", "--api")]
    [InlineData("submit job.json --amount 1 --image busybox", "--image")]
    [InlineData("submit job.json --amount 1 --wallet /nowhere/w.json", "--wallet")]
    [InlineData("submit job.json --amount 1 --input a", "--input")]
    [InlineData("watch nonsense", "ID")]
    [InlineData("result ../../etc", "ID")]
    [InlineData("list --status done", "done")]
    [InlineData("list --limit 0", "--limit")]
    public void A_wrong_value_is_refused_by_its_name(string line, string named) =>
        JobCommands.Create().Parse(line).Errors.ShouldContain(e => e.Message.Contains(named));

    [Fact]
    public void Every_command_has_examples_in_its_help() =>
        new[] { JobCommands.Create(), WalletCommands.Create() }.SelectMany(c => c.Subcommands.Append(c)).ShouldAllBe(c => c.Description!.Contains("Examples:"));

    [Fact]
    public async Task What_stands_after_two_dashes_is_the_command()
    {
        var text = Path.Combine(_folder, "t");
        await File.WriteAllTextAsync(text, "x");
        var parsed = Submit("--image", Image, "--amount", "1", "--input", $"text={text}", "--", "wc", "--words", "-l", "/in/text");
        parsed.Errors.ShouldBeEmpty();
        var job = await SubmitCommand.JobOfAsync(parsed, default);
        job.Job.Cmd.ShouldBe(["wc", "--words", "-l", "/in/text"]);
        job.Uploads.ShouldHaveSingleItem().Input.Name.ShouldBe("text");
    }

    [Theory]
    [InlineData("--image IMAGE", "one of the two")]
    [InlineData("-- echo", "--image")]
    [InlineData("/nowhere/job.json", "no file")]
    [InlineData("a.json b.json", "one of the two")]
    [InlineData("a.json --image IMAGE -- echo", "one of the two")]
    public async Task A_file_or_a_command(string line, string told)
    {
        var wrong = await Should.ThrowAsync<CliException>(() => SubmitCommand.JobOfAsync(Submit(["--amount", "1", .. line.Replace("IMAGE", Image).Split(' ')]), default));
        (wrong.ExitCode, wrong.Message.Contains(told)).ShouldBe((2, true), wrong.Message);
    }

    [Fact]
    public async Task A_wallet_is_made_once_for_its_owner_alone_and_its_key_is_not_printed()
    {
        var path = Path.Combine(_folder, "wallet.json");
        var (code, output) = await CommandLine.RunAsync(WalletCommands.Create(), "new", path, "--json");
        code.ShouldBe(0);
        new FileInfo(path).UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var secret = await File.ReadAllTextAsync(path);
        JsonNode.Parse(output)!.AsObject().Select(p => p.Key).ShouldBe(["address", "file"]);
        output.ShouldNotContain(secret);

        (await CommandLine.RunAsync(WalletCommands.Create(), "new", path)).Code.ShouldBe(2);
        (await File.ReadAllTextAsync(path)).ShouldBe(secret);
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/tmp/outside")]
    [InlineData("a/../../outside")]
    [InlineData(".")]
    public async Task A_results_name_leads_nowhere_else(string name) => (await Should.ThrowAsync<CliException>(
        () => ResultCommand.KeepAsync(_folder, name, Hash256.Of("x"u8), () => throw new InvalidOperationException("it was fetched"), default))).Message.ShouldContain("leads out");

    [Fact]
    public async Task A_result_is_what_was_signed_for_and_replaces_nothing()
    {
        var right = Hash256.Of("right"u8);
        (await Should.ThrowAsync<CliException>(() => KeepAsync("wrong"u8.ToArray()))).Message.ShouldContain("not the file that the node signed for");
        File.Exists(Path.Combine(_folder, "out", "r")).ShouldBeFalse();

        (await File.ReadAllTextAsync(await KeepAsync("right"u8.ToArray()))).ShouldBe("right");
        await KeepAsync([]); // it is there: nothing is fetched

        // What was cut off on its way is no file yet.
        File.Delete(Path.Combine(_folder, "out", "r"));
        using (var interrupted = new CancellationTokenSource())
        {
            await interrupted.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => ResultCommand.KeepAsync(Path.Combine(_folder, "out"), "r", right, () => Task.FromResult("right"u8.ToArray()), interrupted.Token));
        }

        (await File.ReadAllTextAsync(await KeepAsync("right"u8.ToArray()))).ShouldBe("right");

        await File.WriteAllTextAsync(Path.Combine(_folder, "out", "r"), "mine");
        (await Should.ThrowAsync<CliException>(() => KeepAsync("right"u8.ToArray()))).Message.ShouldContain("there already");
        (await File.ReadAllTextAsync(Path.Combine(_folder, "out", "r"))).ShouldBe("mine");

        Task<string> KeepAsync(byte[] content) => ResultCommand.KeepAsync(Path.Combine(_folder, "out"), "r", right, () => Task.FromResult(content), default);
    }

    [Fact]
    public void A_list_is_a_line_a_job()
    {
        var page = (JsonObject)JsonNode.Parse("""{"items":[{"jobId":"job-1","state":"Paid","amount":1000000,"charge":6000,"createdAt":0,"description":"two\nlines"}]}""")!;
        ListCommand.Describe(page).Split('\n').ShouldSatisfyAllConditions(
            lines => lines.Length.ShouldBe(2),
            lines => lines[1].ShouldContain("0.006"),
            lines => lines[1].ShouldEndWith("two lines"));
        ListCommand.Describe([]).ShouldBe("no jobs");
    }

    [Fact]
    public async Task What_init_writes_check_finds_nothing_wrong_with_and_init_replaces_nothing()
    {
        var path = Path.Combine(_folder, "new", "job.json");
        (await CommandLine.RunAsync(JobCommands.Create(), "init", path)).Code.ShouldBe(0);
        (await CommandLine.RunAsync(JobCommands.Create(), "check", path)).ShouldBe((0, $"{path}: a job\n"));
        File.Exists(Path.Combine(_folder, "new", "job.schema.json")).ShouldBeTrue();
        (await CommandLine.RunAsync(JobCommands.Create(), "init", path)).Code.ShouldBe(2);
    }

    [Fact]
    public async Task Check_names_every_mistake_for_programs_too()
    {
        var path = Path.Combine(_folder, "job.json");
        await File.WriteAllTextAsync(path, """{ "type": "costum", "image": "@image", "script": "x", "limits": { "cpuMillis": 100, "memoryMb": 16 }, "estimatedTime": 0 }""");
        var (code, output) = await CommandLine.RunAsync(JobCommands.Create(), "check", path, "--json");
        code.ShouldBe(1);
        var answer = JsonNode.Parse(output)!;
        answer["ok"]!.GetValue<bool>().ShouldBeFalse();
        answer["errors"]!.AsArray().Select(e => ((int)e!["line"]!, (int)e["column"]!, (string)e["field"]!, (string?)e["suggestion"]))
            .ShouldBe([(1, 11, "type", "custom"), (1, 120, "estimatedTime", null)]);
    }

    [Fact]
    public void A_wrong_field_is_told_once()
    {
        string Said(params ProblemField[] fields) => PlainFailure.Describe(new RefusedException(
            400, new ProblemAnswer("urn:x", 400, fields is [var only] ? $"{only.Pointer}: {only.Detail}" : $"{fields.Length} fields are wrong", fields), ""));
        Said(new ProblemField("/job/image", "malformed", "must be a digest")).ShouldBe("HTTP 400: /job/image: must be a digest");
        Said(new ProblemField("/a", "missing", "is required"), new ProblemField("/b", "missing", "is required")).ShouldBe("HTTP 400: 2 fields are wrong\n  /a: is required\n  /b: is required");
    }

    private static System.CommandLine.ParseResult Submit(params string[] words) => SubmitCommand.Create().Parse(words);
}

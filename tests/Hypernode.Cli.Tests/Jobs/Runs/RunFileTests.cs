using Hypernode.Cli.Jobs.Runs;

namespace Hypernode.Cli.Tests.Jobs.Runs;

public sealed class RunFileTests : IDisposable
{
    private readonly RunKit _kit = new();

    private string Journal => Path.Combine(_kit.Folder, RunFile.Name);

    public void Dispose() => _kit.Dispose();

    [Fact]
    public async Task A_line_that_was_cut_off_is_forgotten_and_the_next_stands_on_a_line_of_its_own()
    {
        await _kit.StartAsync(RunKit.Plan(1, "a"));
        var whole = await File.ReadAllBytesAsync(Journal);
        await File.AppendAllTextAsync(Journal, """{"event":"ended","jo""");
        (await _kit.ResumeAsync()).IsOver.ShouldBeTrue();
        (await File.ReadAllBytesAsync(Journal)).ShouldBe(whole);
    }

    [Fact]
    public async Task A_line_in_the_middle_that_is_none_is_not_passed_over()
    {
        await _kit.StartAsync(RunKit.Plan(1, "a"));
        var lines = await File.ReadAllLinesAsync(Journal);
        lines[2] = lines[2][..10];
        await File.WriteAllLinesAsync(Journal, lines);
        (await Should.ThrowAsync<CliException>(() => _kit.ResumeAsync())).Message.ShouldContain("damaged in line 3");
    }

    [Fact]
    public void One_process_has_a_run_at_a_time()
    {
        using var first = RunFile.Create(_kit.Folder, RunKit.Plan(1, "a"), _kit.Time);
        Should.Throw<RunIsOpenException>(() => RunFile.Resume(_kit.Folder, _kit.Time));
        Should.Throw<CliException>(() => RunFile.Create(_kit.Folder, RunKit.Plan(1, "a"), _kit.Time)).Message.ShouldContain("hn job resume");
    }

    [Fact]
    public void It_is_its_owners_alone()
    {
        using var file = RunFile.Create(_kit.Folder, RunKit.Plan(1, "a"), _kit.Time);
        new FileInfo(Journal).UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task What_is_read_back_is_what_was_written()
    {
        var state = await _kit.StartAsync(RunKit.Plan(3, "a", "b:a|out.txt"));
        using var again = RunFile.Resume(_kit.Folder, _kit.Time);
        RunIndex.Of(_kit.Folder, again.State).ToJsonString().ShouldBe(RunIndex.Of(_kit.Folder, state).ToJsonString().Replace("\"state\":\"Executing\"", "\"state\":\"Paid\"", StringComparison.Ordinal));
        again.State["b"].Signed!.Job.Hash().ShouldBe(state["b"].Signed!.Job.Hash());
    }
}

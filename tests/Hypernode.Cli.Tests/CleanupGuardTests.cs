using System.Diagnostics;
using Hypernode.Cli.Adapters;

namespace Hypernode.Cli.Tests;

public class CleanupGuardTests
{
    [Fact]
    public async Task What_was_announced_last_is_cleaned_up_first()
    {
        var file = Path.GetTempFileName();
        await using (var guard = CleanupGuard.Start(Repository.Find()))
        {
            guard.Announce($"echo first >> {Shell.Quote(file)}");
            guard.Announce($"echo second >> {Shell.Quote(file)}");
        }

        (await File.ReadAllLinesAsync(file)).ShouldBe(["second", "first"]);
        File.Delete(file);
    }

    [Fact]
    public async Task A_process_is_ended_and_its_successor_of_the_same_number_would_not_be()
    {
        using var sleeper = Process.Start("sleep", "600");
        using var other = Process.Start("sleep", "600");
        await using (var guard = CleanupGuard.Start(Repository.Find()))
        {
            guard.AnnounceEnd(sleeper);
            guard.Announce($"end {other.Id} 12345");
        }

        sleeper.WaitForExit(TimeSpan.FromSeconds(5)).ShouldBeTrue();
        other.HasExited.ShouldBeFalse();
        other.Kill();
    }

    [Fact]
    public async Task A_failing_script_tells_its_last_words()
    {
        var failure = await Should.ThrowAsync<CliException>(
            () => Shell.RunAsync("bash", ["-c", "echo 'no such thing' >&2; exit 3"], null, static _ => { }, CancellationToken.None));
        failure.Message.ShouldContain("no such thing");
        failure.Message.ShouldContain("(3)");
    }
}

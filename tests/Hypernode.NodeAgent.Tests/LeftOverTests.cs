using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests;

/// <summary>What can't be taken away now is taken away later, and holds nothing up.</summary>
public sealed class LeftOverTests : AgentTests
{
    private string Attempts => Path.Combine(Kit.Folder, "attempts");

    [Fact]
    public async Task An_attempt_whose_folder_can_not_be_deleted_is_over_and_its_folder_goes_later()
    {
        await using var agent = await StartAsync();
        var container = await RunningAsync(Command());
        Outputs.Stuck = true;
        Engine.End(container);
        await ReceiveAsync<AttemptReported>();
        await Time.AdvanceUntilAsync(() => agent.OpenAttempts == 0, Patience);
        var before = Outputs.Releases;
        await Time.PassAsync(TimeSpan.FromMinutes(2));

        (Outputs.Releases - before).ShouldBeInRange(1, 8);
        Log.Lines.Count(l => l.Contains("left over", StringComparison.Ordinal)).ShouldBe(1);
        Directory.EnumerateDirectories(Attempts).ShouldHaveSingleItem();

        Outputs.Stuck = false;
        await Time.AdvanceUntilAsync(() => !Directory.EnumerateDirectories(Attempts).Any(), TimeSpan.FromMinutes(11));
    }

    [Fact]
    public async Task One_left_over_folder_that_does_not_go_keeps_no_other_from_going()
    {
        Directory.CreateDirectory(Path.Combine(Attempts, "a"));
        Directory.CreateDirectory(Path.Combine(Attempts, "b"));
        Outputs.Stuck = true;
        await using var agent = await StartAsync();
        await Wait.UntilAsync(() => Log.Lines.Count(l => l.Contains("left over", StringComparison.Ordinal)) == 2);

        Outputs.Stuck = false;
        await Time.AdvanceUntilAsync(() => !Directory.EnumerateDirectories(Attempts).Any(), Patience);
    }
}

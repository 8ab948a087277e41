using System.Diagnostics;

namespace Hypernode.Simulation.Tests;

/// <summary>Whether each is caught is the business of <c>./hn sim --planted</c>; that each is still a change of the product stands here.</summary>
public class PlantedBugTests
{
    private static readonly string Root = FindRoot();

    public static TheoryData<string> Names =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, "tests/Hypernode.Simulation/planted"), "*.patch").Select(p => Path.GetFileName(p)!).Order(StringComparer.Ordinal)];

    [Fact]
    public void There_are_at_least_twenty() => Names.Count.ShouldBeGreaterThanOrEqualTo(20);

    /// <summary>A change near it moves no patch; a change of its own lines does.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_planted_bug_still_fits_the_product(string name)
    {
        var start = new ProcessStartInfo("git", ["apply", "--check", "--recount", "-C1", $"tests/Hypernode.Simulation/planted/{name}"])
        {
            WorkingDirectory = Root,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        process.ExitCode.ShouldBe(0, $"write {name} anew: {error}");
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Hypernode.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("These tests run from inside the repository.");
    }
}

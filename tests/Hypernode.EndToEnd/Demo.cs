using System.Diagnostics;
using System.Text.Json;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Client;
using Hypernode.Cli.Demo;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Hypernode.EndToEnd;

/// <summary><c>./hn</c> as a user runs it, <c>demo --json</c> above all.</summary>
internal static class Demo
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <returns>The one line on its stdout. Its exit code was 0, which it is only when every sum held on chain.</returns>
    public static async Task<DemoReport> RunAsync(string scenario, bool services = false, Funding funding = Funding.Intent, string? data = null)
    {
        var lines = await HnAsync(["demo", "--json", "--scenario", scenario, "--funding", funding.ToString(), .. services ? new[] { "--services" } : [], .. data is null ? [] : new[] { "--data", data }]);
        lines.Length.ShouldBe(1, "stdout has one object on one line, and nothing else");
        lines[0].ShouldNotContain("null");
        return JsonSerializer.Deserialize<DemoReport>(lines[0], Json)!;
    }

    /// <returns>The lines on its stdout. Its exit code was 0.</returns>
    public static async Task<string[]> HnAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(Repository.Find().Root, "hn"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        start.Environment["HN_NO_BUILD"] = "1"; // the tests' own build has just made it all
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var story = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"it took more than {Patience.TotalMinutes} minutes:\n{await story}");
        }

        process.ExitCode.ShouldBe(0, $"{await story}\n{await output}");
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}

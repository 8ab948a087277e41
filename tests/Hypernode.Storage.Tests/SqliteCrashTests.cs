using System.Diagnostics;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteCrashTests(SqliteFixture storage) : IClassFixture<SqliteFixture>
{
    [Theory]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(101)]
    [InlineData(600)]
    public async Task What_a_killed_process_had_committed_is_there_and_whole(int killAfter)
    {
        var told = await RunAndKillAsync(killAfter);
        told.Count.ShouldBeGreaterThan(0);
        (await storage.CountAsync("(select user_id from jobs group by user_id having min(version) <> max(version)) as torn")).ShouldBe(0);
        foreach (var (job, version) in told)
        {
            var saga = (await storage.Get<ISagaJournal>().LoadAsync(job))!;

            // One batch may have been durable before it was told.
            saga.Version.ShouldBeInRange(version, version + 1);
            (await storage.CountAsync("outbox", $"job_id = '{job}' and type = 'Some.Type'")).ShouldBe(1); // the older ones were consumed
            (await storage.CountAsync("timers", $"job_id = '{job}' and epoch = {saga.Version}")).ShouldBe(1);
            (await storage.Get<IJobReader>().HistoryAsync(job, None)).Count.ShouldBe(saga.Version + 1);
        }
    }

    /// <summary>The last version that each job was told to have.</summary>
    private async Task<Dictionary<JobId, int>> RunAndKillAsync(int killAfter)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(dotnet, ["exec", typeof(CrashWriter).Assembly.Location, storage.FilePath])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var writer = Process.Start(start)!;
        var told = new Dictionary<JobId, int>();
        var lines = 0;
        while (await writer.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) is { } line)
        {
            if (line.Split(' ') is [var job, var version] && int.TryParse(version, out var number) && JobId.TryParse(job, null, out var id))
            {
                told[id] = number;
            }

            if (++lines == killAfter)
            {
                writer.Kill(); // SIGKILL: no clean-up of any kind
            }
        }

        await writer.WaitForExitAsync();
        return told;
    }
}

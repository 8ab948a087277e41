using System.Diagnostics;
using Hypernode.Sagas.Timers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Quartz;
using Quartz.Spi;
using Xunit.Abstractions;

namespace Hypernode.Host.Tests.Timers;

/// <summary>One schedule for several hosts, on PostgreSQL.</summary>
[Trait("Needs", "postgres")]
public sealed class QuartzClusterTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan CheckIn = new QuartzDatabase("").CheckIn;
    private static readonly TimeSpan Patience = new QuartzDatabase("").Patience;
    private readonly List<Process> _hosts = [];
    private TestDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.ExecuteAsync("""
            create table ticks (id bigint generated always as identity primary key, kind text not null, host text not null,
                at timestamptz not null default clock_timestamp(), ended_at timestamptz)
            """);
    }

    public async Task DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            if (!host.HasExited)
            {
                host.Kill();
                await host.WaitForExitAsync();
            }

            host.Dispose();
        }

        await _database.DisposeAsync();
    }

    [Fact]
    public async Task When_the_host_that_repeats_is_killed_in_mid_run_another_goes_on_and_never_do_two_run_at_once()
    {
        var hosts = new Dictionary<string, Process> { ["a"] = await StartHostAsync("a"), ["b"] = await StartHostAsync("b") };
        await Eventually.IsTrueAsync(async () => await _database.CountAsync("ticks", "kind = 'tick'") >= 6, "six ticks");

        var victim = await CatchInMidRunAsync();
        hosts[victim].Kill(); // SIGKILL: no goodbye
        await hosts[victim].WaitForExitAsync();
        var killedAt = (await TicksAsync("tick"))[^1].At;
        await Eventually.IsTrueAsync(
            async () => (await TicksAsync("tick")).Count(t => t.Host != victim && t.At > killedAt) >= 4, "the other host's ticks");

        var ticks = await TicksAsync("tick");
        var gap = ticks.First(t => t.Host != victim && t.At > killedAt).At - killedAt;
        var own = await TicksAsync("own");
        var ownGap = own.Where(t => t.Host != victim).Zip(own.Where(t => t.Host != victim).Skip(1), (x, y) => y.At - x.At).Max();
        output.WriteLine($"killed in mid-run: once-a-cluster work rested {gap.TotalSeconds:F1} s; the other host's own work rested at most {ownGap.TotalSeconds:F1} s");

        gap.ShouldBeLessThan(CheckIn + CheckIn + Patience + TimeSpan.FromSeconds(7), "a slow machine's seven seconds included");
        ticks.Zip(ticks.Skip(1), (x, y) => y.At - (x.EndedAt ?? x.At)).ShouldAllBe(rest => rest >= TimeSpan.Zero);
        ticks.Count.ShouldBeLessThanOrEqualTo((int)((ticks[^1].At - ticks[0].At) / TickingHost.Every) + 2, "nothing that was missed is made up for");
    }

    [Fact]
    public async Task A_host_that_stops_hands_its_turns_over()
    {
        var hosts = new Dictionary<string, Process> { ["a"] = await StartHostAsync("a"), ["b"] = await StartHostAsync("b") };
        await Eventually.IsTrueAsync(async () => await _database.CountAsync("ticks", "kind = 'tick'") >= 4, "four ticks");
        var last = (await TicksAsync("tick"))[^1].Host;

        hosts[last].StandardInput.Close();
        await hosts[last].WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        var stoppedAt = (await TicksAsync("tick"))[^1].At;

        await Eventually.IsTrueAsync(
            async () => (await TicksAsync("tick")).Count(t => t.Host != last && t.At > stoppedAt) >= 2, "the other host's ticks");
        var ticks = await TicksAsync("tick");
        output.WriteLine($"stopped in good order: rested {(ticks.First(t => t.Host != last && t.At > stoppedAt).At - stoppedAt).TotalSeconds:F1} s");
        ticks.Where(t => t.EndedAt is null).Count(t => t.Host == last).ShouldBe(0, "it waited for the turn that it was in");
    }

    [Fact]
    public async Task A_start_keeps_changes_and_removes_what_this_build_says()
    {
        var runs = 0;
        Task Run(IServiceProvider s, CancellationToken c)
        {
            Interlocked.Increment(ref runs);
            return Task.CompletedTask;
        }

        await using (await StartAsync(
            new("kept", TimeSpan.FromHours(1), Run, "c"), new("changed", TimeSpan.FromHours(1), Run, "c"), new("gone", TimeSpan.FromHours(1), Run, "c")))
        {
            await Eventually.IsTrueAsync(() => runs == 3, "a first turn each");
        }

        var kept = await NextAsync("kept");
        await using (await StartAsync(new("kept", TimeSpan.FromHours(1), Run, "c"), new("changed", TimeSpan.FromHours(2), Run, "c"), new("new", TimeSpan.FromHours(1), Run, "c")))
        {
            await Eventually.IsTrueAsync(() => runs == 5, "the turns of what is new and changed");
        }

        (await NextAsync("kept")).ShouldBe(kept, "a start puts nothing off and repeats nothing");
        (await _database.CountAsync("qrtz_simple_triggers", $"trigger_name = 'changed' and repeat_interval = {(long)TimeSpan.FromHours(2).TotalMilliseconds}")).ShouldBe(1);
        (await _database.CountAsync("qrtz_job_details", "job_name = 'gone'")).ShouldBe(0);
        (await _database.CountAsync("qrtz_triggers")).ShouldBe(3);
        runs.ShouldBe(5);
    }

    [Fact]
    public async Task A_turn_that_fails_is_not_the_last()
    {
        var runs = 0;
        await using var host = await StartAsync(new RecurringWork("failing", TimeSpan.FromMilliseconds(100), (_, _) => ++runs == 1 ? throw new IOException("once") : Task.CompletedTask, "c"));

        await Eventually.IsTrueAsync(() => runs >= 3, "three turns");
    }

    /// <summary>Data that the store loses makes a trigger that never fires, or fires with nothing: so one is fired.</summary>
    [Fact]
    public async Task A_trigger_with_data_fires_from_the_database_with_all_of_it()
    {
        var jobs = new NotingJobs();
        var scheduler = await QuartzScheduler.CreateAsync("data", new QuartzDatabase(_database.ConnectionString), jobs, CancellationToken.None);
        var trigger = TriggerBuilder.Create().WithIdentity("t").StartAt(DateTimeOffset.UtcNow.AddMilliseconds(300)).UsingJobData("of-trigger", "ä\"1").Build();
        await scheduler.ScheduleJob(JobBuilder.Create<NotingJob>().WithIdentity("j").UsingJobData("of-job", "2").Build(), trigger);
        await scheduler.Start();

        await Eventually.IsTrueAsync(() => jobs.Data is not null, "the trigger");
        await scheduler.Shutdown(waitForJobsToComplete: true);
        jobs.Data!["of-trigger"].ShouldBe("ä\"1");
        jobs.Data["of-job"].ShouldBe("2");
    }

    private async Task<Host> StartAsync(params RecurringWork[] work)
    {
        var service = new QuartzService(
            new ServiceCollection().BuildServiceProvider(), work, [new QuartzDatabase(_database.ConnectionString)], NullLogger<QuartzService>.Instance);
        await service.StartAsync(CancellationToken.None);
        return new Host(service);
    }

    private async Task<long> NextAsync(string trigger)
    {
        await using var command = _database.Source.CreateCommand($"select next_fire_time from qrtz_triggers where trigger_name = '{trigger}'");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task<Process> StartHostAsync(string name)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var host = Process.Start(new ProcessStartInfo(dotnet, ["exec", typeof(TickingHost).Assembly.Location, _database.ConnectionString, name])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        _hosts.Add(host);
        (await host.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60))).ShouldBe("started");
        return host;
    }

    private async Task<string> CatchInMidRunAsync() => await Eventually.GetAsync(
        async () => (await TicksAsync("tick"))[^1] is { EndedAt: null } running ? running.Host : null, "a tick under way");

    private async Task<List<Tick>> TicksAsync(string kind)
    {
        await using var command = _database.Source.CreateCommand($"select host, at, ended_at from ticks where kind = '{kind}' order by id");
        await using var reader = await command.ExecuteReaderAsync();
        var ticks = new List<Tick>();
        while (await reader.ReadAsync())
        {
            ticks.Add(new(reader.GetString(0), reader.GetDateTime(1), await reader.IsDBNullAsync(2) ? null : reader.GetDateTime(2)));
        }

        return ticks;
    }

    private sealed class NotingJobs : IJobFactory
    {
        public IDictionary<string, object>? Data { get; set; }

        public IJob NewJob(TriggerFiredBundle bundle, IScheduler scheduler) => new NotingJob(this);

        public void ReturnJob(IJob job)
        {
        }
    }

    private sealed class NotingJob(NotingJobs notes) : IJob
    {
        public Task Execute(IJobExecutionContext context)
        {
            notes.Data = context.MergedJobDataMap;
            return Task.CompletedTask;
        }
    }

    private sealed record Tick(string Host, DateTime At, DateTime? EndedAt);

    private sealed class Host(QuartzService service) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await service.StopAsync(CancellationToken.None);
    }
}

using Hypernode.Cli.Client;
using Hypernode.Cli.Jobs.Files;
using Hypernode.Cli.Jobs.Runs;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;

namespace Hypernode.Cli.Tests.Jobs.Runs;

/// <summary>A run on a folder of its own, over a market that can be cut off.</summary>
internal sealed class RunKit : IDisposable
{
    public static readonly HyperAmount Amount = new(500_000);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    public RunKit() => Market = new FakeMarket(Time);

    public string Root { get; } = Directory.CreateTempSubdirectory("hypernode-run-").FullName;

    public string Folder => Path.Combine(Root, "run");

    public LaterTime Time { get; } = new();

    public FakeMarket Market { get; }

    public List<RunNews> News { get; } = [];

    /// <summary>Each needs those that are named after its colon; a bar, and what it takes from them.</summary>
    public static RunPlan Plan(int concurrency, params string[] jobs) => new(
        RunPlan.Current, "run-1", "job.json", "payer", "localnet", "program", Funding.Intent, concurrency, [.. jobs.Select(Job)]);

    public async Task<RunState> StartAsync(RunPlan plan, CancellationToken cancellationToken = default)
    {
        using var file = RunFile.Create(Folder, plan, Time);
        return await CarryAsync(file, cancellationToken);
    }

    public async Task<RunState> ResumeAsync(CancellationToken cancellationToken = default)
    {
        using var file = RunFile.Resume(Folder, Time);
        return await CarryAsync(file, cancellationToken);
    }

    /// <summary>As <c>hn job resume --retry</c> does it.</summary>
    public void Retry()
    {
        using var file = RunFile.Resume(Folder, Time);
        foreach (var job in file.State.Jobs.Where(j => j.CanBeRetried).ToList())
        {
            file.Append(new RunEntry(RunEvents.Retried, 0, job.Job.Id));
        }
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private async Task<RunState> CarryAsync(RunFile file, CancellationToken cancellationToken)
    {
        await new RunEngine(file, Market, news => { lock (News) { News.Add(news); } }, Time, Pause).RunAsync(cancellationToken);
        return file.State;
    }

    private static PricedJob Job(string text)
    {
        var (name, needs) = text.Split(':') is [var n, var list] ? (n, list.Split(',')) : (text, []);
        var spec = new JobSpec(JobType.Custom, "sha256:x", new JobLimits(100, 16), 5, Cmd: ["x"], Description: name);
        return new PricedJob(new PlannedJob(
            name, name, new Dictionary<string, string>(), [.. needs.Select(n => n.Split('|')[0])], null, spec, [],
            [.. needs.Where(n => n.Contains('|')).Select(n => new StepInput("in", n.Split('|')[0], n.Split('|')[1]))], null), Amount);
    }
}

/// <summary>The real clock, and as much later as a test wants.</summary>
internal sealed class LaterTime : TimeProvider
{
    public TimeSpan Later { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Later;
}

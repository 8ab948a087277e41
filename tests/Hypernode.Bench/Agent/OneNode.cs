using System.Diagnostics;
using System.Text.Json;
using Hypernode.Bench.Running;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;
using Hypernode.EndToEnd;
using Hypernode.NodeAgent;
using Hypernode.NodeAgent.Adapters.Docker;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Leases;

namespace Hypernode.Bench.Agent;

/// <summary>Milliseconds each.</summary>
internal sealed record LeaseTimes(IReadOnlyList<double> Agent, IReadOnlyList<double> Plain);

/// <param name="AtOnce">The most that ran at one moment, by the receipts.</param>
internal sealed record CrowdOutcome(int AtOnce, int Lost);

/// <summary>What is measured of one agent.</summary>
internal sealed class OneNode(StackUnderTest stack, Action<string> say)
{
    private const double Megabyte = 1_000_000;
    private const int WarmUp = 3;

    /// <summary>A job with a tenth of a core prints no more than 18 MB/s.</summary>
    private const int PrintingMillis = 1_000;

    private int Process => stack.Stack.ProcessOf(stack.Stack.Agents[0]);

    public async Task<LeaseTimes> LeasesAsync(int count)
    {
        var plain = new List<double>();
        var jobs = new List<string>();
        using var bare = new PlainContainer(stack.Stack.EngineHost!, stack.Stack.Image);
        for (var i = 0; i < count + WarmUp; i++)
        {
            var job = await stack.SubmitAsync("true", timeoutSeconds: 30);
            await stack.EndAsync(job);
            var took = await bare.StartOneAsync();
            if (i >= WarmUp)
            {
                jobs.Add(job);
                plain.Add(took);
            }
        }

        var records = Journal();
        var agent = jobs.ConvertAll(job => (double)(
            records.Single(r => r.Kind == JournalKind.Reported && r.JobId.ToString() == job).Reported!.Receipt.StartedAt
            - records.Single(r => r.Kind == JournalKind.Accepted && r.JobId.ToString() == job).At));
        say($"lease to running: {Spread(agent)} ms; plain create and start: {Spread(plain)} ms");
        return new LeaseTimes(agent, plain);
    }

    /// <returns>Megabytes before, and the most while the jobs run.</returns>
    public async Task<(double Idle, double Busy)> MemoryAsync(int jobs)
    {
        var idle = ProcessTree.ResidentBytes(Process) / Megabyte;
        var open = new List<string>();
        for (var i = 0; i < jobs; i++)
        {
            open.Add(await stack.SubmitAsync("i=0; while [ $i -lt 45 ]; do echo line $i of this job; i=$((i+1)); sleep 1; done", timeoutSeconds: 300));
        }

        foreach (var job in open)
        {
            await stack.RunningAsync(job);
        }

        var most = 0.0;
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(10);)
        {
            most = Math.Max(most, ProcessTree.ResidentBytes(Process) / Megabyte);
            await Task.Delay(200);
        }

        foreach (var job in open)
        {
            await stack.EndAsync(job, seconds: 180);
        }

        say($"resident: {idle:F0} MB before, at most {most:F0} MB with {jobs} jobs");
        return (idle, most);
    }

    /// <returns>Megabytes a second of each run.</returns>
    public async Task<IReadOnlyList<double>> LogsAsync(int megabytes, int runs)
    {
        var rates = new List<double>();
        while (rates.Count < runs)
        {
            rates.Add(await LogAsync(megabytes));
        }

        say($"log: {Spread(rates)} MB/s");
        return rates;
    }

    private async Task<double> LogAsync(int megabytes)
    {
        var job = await stack.SubmitAsync($"yes 0123456789012345678901234567890123456789012345678901234567890123456789 | head -c {megabytes * (long)Megabyte}", timeoutSeconds: 300, cpuMillis: PrintingMillis);
        var ended = await stack.EndAsync(job, seconds: 300);
        if (ended is not { State: JobStateNames.Paid, Outcome: nameof(Verdict.Succeeded) })
        {
            throw new BenchException($"the job that prints {megabytes} MB ended as {ended.State} {ended.Outcome}: {ended.Transitions[^1].Cause}");
        }

        long At(string state) => ended.Transitions.Last(t => t.State == state).At;
        return megabytes / ((At(JobStateNames.Executed) - At(JobStateNames.Executing)) / 1000.0);
    }

    public async Task<CrowdOutcome> CrowdAsync(int count)
    {
        var jobs = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => stack.SubmitAsync("sleep 90; echo awake", timeoutSeconds: 600, memoryMb: 16)));
        var lost = 0;
        foreach (var job in jobs)
        {
            var ended = await stack.EndAsync(job, seconds: 600);
            lost += ended is { State: JobStateNames.Paid, Outcome: nameof(Verdict.Succeeded), Attempt: 1 } ? 0 : 1;
        }

        var receipts = Journal().Where(r => r.Reported is not null && jobs.Contains(r.JobId.ToString())).Select(r => r.Reported!.Receipt).ToList();
        var atOnce = receipts.Max(r => receipts.Count(other => other.StartedAt <= r.StartedAt && other.EndedAt > r.StartedAt));
        say($"{count} jobs: {atOnce} containers at once, {lost} lost");
        return new CrowdOutcome(atOnce, lost);
    }

    private List<JournalRecord> Journal()
    {
        using var file = new FileStream(Path.Combine(stack.Stack.Agents[0].Folder, "data", "journal.jsonl"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonSerializer.Deserialize<JournalRecord>(l, ContractJson.Options)!)];
    }

    private static Measures.Spread Spread(IEnumerable<double> values) => Measures.Spread.Of(values);

    /// <summary>The same container as a job's, made and started without an agent.</summary>
    private sealed class PlainContainer : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hypernode-plain-");
        private readonly DockerEngine _engine;
        private readonly string _image;
        private int _number;

        public PlainContainer(string host, string image)
        {
            (_engine, _image) = (new DockerEngine(new AgentOptions { EngineHost = host }), image);
            _folder.CreateSubdirectory("in");
            _folder.CreateSubdirectory("out");
            File.WriteAllText(Path.Combine(_folder.FullName, "in", ".script"), "true");
        }

        /// <returns>Milliseconds.</returns>
        public async Task<double> StartOneAsync()
        {
            var plan = new ContainerPlan(
                $"hypernode-plain-{_folder.Name}-{++_number}", new ImageFound(_image, _image, []), Script: true, [],
                Path.Combine(_folder.FullName, "in"), Path.Combine(_folder.FullName, "out"), 100, 32, new Dictionary<string, string>());
            var watch = Stopwatch.StartNew();
            var id = await _engine.CreateAsync(plan, CancellationToken.None);
            await _engine.StartAsync(id, CancellationToken.None);
            var took = watch.Elapsed.TotalMilliseconds;
            await _engine.WaitAsync(id, CancellationToken.None);
            await _engine.RemoveAsync(id, CancellationToken.None);
            return took;
        }

        public void Dispose()
        {
            _engine.Dispose();
            _folder.Delete(recursive: true);
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using Hypernode.Bench.Loads;
using Hypernode.Bench.Measures;
using Hypernode.Bench.Running;

namespace Hypernode.Bench.Api;

/// <summary>
/// The front door by itself: one host with the role api, PostgreSQL and RabbitMQ, and the client on the same machine. What was
/// accepted is run afterwards, by hosts and nodes that were not there before, and counted: nothing may be lost.
/// </summary>
internal sealed class ApiBench(BenchOptions options, Services services, Action<string> say)
{
    private const int PerSecond = 100;
    private const int Connections = 64;
    private const int WarmUpSubmits = 1_000;

    /// <summary>Signed for each second at saturation: more than the server takes.</summary>
    private const int BodiesASecond = 8_000;

    private const int MostSockets = 5_000;
    private const int RequestsASocket = 200;
    private const int EventsPerSecond = 50;

    public async Task<Report> RunAsync()
    {
        Wrk.RequireInstalled();
        await using var stack = await ApiStack.StartAsync(options.Data, services, say);
        var wrk = new Wrk(stack.Url, Connections, options.Data);
        using var payers = new SignedBodies();
        say($"signing {WarmUpSubmits + ((PerSecond + BodiesASecond) * options.Seconds)} submissions");
        var (warmUp, paced) = (payers.Take(WarmUpSubmits), payers.Take(PerSecond * options.Seconds));
        string[] own = [.. payers.JobsOfFirst.Select(j => $"/api/jobs/{j}")];
        var many = payers.Take(BodiesASecond * options.Seconds);

        say("warm-up");
        await PacedSubmits.RunAsync(stack.Url, warmUp, perSecond: 400);
        var latency = await PacedSubmits.RunAsync(stack.Url, paced, PerSecond);
        say(string.Create(CultureInfo.InvariantCulture, $"{paced.Count} submissions at {PerSecond} a second: p50 {latency.P50:F1} ms, p99 {latency.P99:F1} ms"));

        var (cpu, submits) = await stack.CpuOfAsync(() => wrk.SubmitAsync(many, options.Seconds));
        say($"at saturation: {submits}");
        if (submits.Answered + submits.Refused >= many.Count - Connections)
        {
            throw new BenchException("all submissions that were signed were sent: the server takes more than that, and how many is not known");
        }

        var (accepted, stored) = (WarmUpSubmits + paced.Count + submits.Answered, await stack.JobsAsync(paid: false));
        if (submits.Refused > 0 || stored < accepted)
        {
            throw new BenchException($"{submits.Refused} submissions were refused; {accepted} were accepted, and {stored} are stored");
        }

        var reads = await ReadsAsync(stack, wrk, await stack.SignInAsync(payers.First), own);
        var (before, memory) = (stack.ResidentMb, await MemoryAsync(stack, wrk, reads[0]));
        var drained = await DrainAsync(stack, stored);
        await stack.StopWorkAsync();

        // In the end: its nodes are nobody's, and no job should be given to them.
        var sockets = Math.Clamp(options.Size / RequestsASocket, 100, MostSockets);
        var live = await new LiveBench(new Uri(stack.Url), say).RunAsync(new LivePlan(sockets, EventsPerSecond, options.Seconds, ServerProcess: stack.ApiProcess));
        if (live.Broken > 0 || live.Received < live.Expected)
        {
            throw new BenchException($"{live.Broken} sockets broke, and {live.Expected - live.Received} of {live.Expected} events did not come");
        }

        return ReportOf(latency, submits, cpu, stored, drained, reads, before, memory, live);
    }

    private async Task<IReadOnlyList<Read>> ReadsAsync(ApiStack stack, Wrk wrk, string token, IReadOnlyList<string> own)
    {
        Read[] reads =
        [
            new("a job, by its owner", own, token),
            new("twenty of a wallet's jobs", ["/api/jobs?limit=20"], token),
            new("how the network stands", ["/api/stats/network"], token),
            new("is it alive (nothing is read)", ["/health/live"], token),
        ];
        for (var i = 0; i < reads.Length; i++)
        {
            await wrk.ReadAsync(reads[i].Paths, token, seconds: Math.Min(3, options.Seconds));
            var (cpu, run) = await stack.CpuOfAsync(() => wrk.ReadAsync(reads[i].Paths, token, options.Seconds));
            reads[i] = reads[i] with { Run = run, CpuMs = cpu };
            say($"{reads[i].What}: {run}");
            if (run.Refused > 0)
            {
                throw new BenchException($"{run.Refused} reads of {reads[i].Paths[0]} were refused");
            }
        }

        return reads;
    }

    /// <returns>MB after each quarter of the requests.</returns>
    private async Task<IReadOnlyList<double>> MemoryAsync(ApiStack stack, Wrk wrk, Read read)
    {
        var after = new List<double>();
        for (var quarter = 0; quarter < 4; quarter++)
        {
            for (long sent = 0; sent < options.Size / 4;)
            {
                sent += (await wrk.ReadAsync(read.Paths, read.Token, seconds: 5)).Answered;
            }

            after.Add(stack.ResidentMb);
            say(string.Create(CultureInfo.InvariantCulture, $"{(quarter + 1) * (options.Size / 4)} requests: {after[^1]:F0} MB resident"));
        }

        return after;
    }

    /// <returns>Seconds until all were paid.</returns>
    private async Task<double> DrainAsync(ApiStack stack, long stored)
    {
        say($"{stored} jobs wait: the other roles and the nodes begin");
        var watch = Stopwatch.StartNew();
        await stack.StartWorkAsync();
        for (var (paid, last) = (0L, watch.Elapsed); paid < stored;)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            var now = await stack.JobsAsync(paid: true);
            last = now > paid ? watch.Elapsed : last;
            paid = now;
            if (watch.Elapsed - last > TimeSpan.FromMinutes(2))
            {
                throw new BenchException($"{stored - paid} of {stored} jobs are not paid, and none has been for two minutes");
            }
        }

        say($"all {stored} are paid");
        return watch.Elapsed.TotalSeconds;
    }

    private Report ReportOf(
        Percentiles latency, WrkRun submits, double submitCpu, long stored, double drained, IReadOnlyList<Read> reads, double before, IReadOnlyList<double> memory, LiveOutcome live) => new(
        "./hn bench api",
        $"one host with the role api, compiled ahead of time, PostgreSQL and RabbitMQ with their defaults, SimulatedChain; wrk with {Connections} connections on the same machine; rate limits raised; submissions are signed beforehand, and their signatures, commitments and hashes are checked; latency from the moment at which a request was due; {options.Seconds} s a row; CPU is the API's own; then the other roles and eight nodes run what was accepted; then sockets watch nodes that are drained and undrained, the lag is from before the request",
        [
            new Table(
                ["submissions", "reached", "goal"],
                [
                    [$"at {PerSecond} a second, p50 ms", Show(latency.P50), ""],
                    [$"at {PerSecond} a second, p99 ms", Show(latency.P99), "50"],
                    ["at saturation, accepted a second", $"{submits.PerSecond:F0}", "800"],
                    ["CPU ms a submission, API alone", Show(submitCpu / submits.Answered), ""],
                    ["stored", $"{stored}", ""],
                    ["of them lost", "0", "0"],
                    ["s until all were paid", $"{drained:F0}", ""],
                ]),
            new Table(
                ["reads", "a second", "goal", "CPU ms each, API alone"],
                [.. reads.Select((r, i) => (string[])[r.What, $"{r.Run.PerSecond:F0}", i == 0 ? "8000" : "", string.Create(CultureInfo.InvariantCulture, $"{r.CpuMs / r.Run.Answered:F3}")])]),
            new Table(
                ["live", "reached", "goal"],
                [
                    ["sockets, each on one node and the network", $"{live.Sockets}", $"{MostSockets}"],
                    [$"event lag at {EventsPerSecond} events a second, p50 ms", Show(live.LagP50Ms), ""],
                    [$"event lag at {EventsPerSecond} events a second, p99 ms", Show(live.LagP99Ms), "250"],
                    ["messages about nodes", $"{live.Received}", ""],
                    ["of them missing", $"{live.Expected - live.Received}", "0"],
                    ["server's memory a socket, kB", Show((live.BytesPerSocket ?? 0) / 1_000), ""],
                ]),
            new Table(
                ["resident, MB", "reached"],
                [["before", Show(before)], .. memory.Select((m, i) => (string[])[$"after {(i + 1) * (options.Size / 4)} requests", Show(m)])]),
        ],
        new
        {
            SubmitPerSecond = Round(submits.PerSecond),
            SubmitP50Ms = Round(latency.P50),
            SubmitP99Ms = Round(latency.P99),
            ReadsPerSecond = Round(reads[0].Run.PerSecond),
            Reads = reads.ToDictionary(r => r.What, r => Round(r.Run.PerSecond)),
            live.Sockets,
            EventLagP50Ms = Round(live.LagP50Ms),
            EventLagP99Ms = Round(live.LagP99Ms),
            Stored = stored,
            Lost = 0,
            DrainedSeconds = Round(drained),
            ResidentMb = memory.Prepend(before).Select(Round),
            Goals = new { SubmitPerSecond = 800, SubmitP99Ms = 50, ReadsPerSecond = 8_000, Sockets = MostSockets, EventLagP99Ms = 250 },
        });

    private static string Show(double value) => value.ToString("F1", CultureInfo.InvariantCulture);

    private static double Round(double value) => Math.Round(value, 1);

    private sealed record Read(string What, IReadOnlyList<string> Paths, string Token)
    {
        public WrkRun Run { get; init; } = new(0, 0, 0);

        public double CpuMs { get; init; }
    }
}

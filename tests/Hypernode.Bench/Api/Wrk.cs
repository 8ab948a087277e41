using System.Diagnostics;
using System.Text.Json;
using Hypernode.Bench.Running;

namespace Hypernode.Bench.Api;

/// <param name="Answered">2xx.</param>
internal sealed record WrkRun(long Answered, long Refused, double Seconds)
{
    public double PerSecond => Seconds > 0 ? Answered / Seconds : 0;

    public override string ToString() => $"{PerSecond:F0} a second";
}

/// <summary>The HTTP load generator, as Debian has it: it takes less of the machine than anything in .NET.</summary>
/// <param name="folder">For its scripts and bodies.</param>
internal sealed class Wrk(string url, int connections, string folder)
{
    private const int Threads = 2;

    /// <summary>Each thread sends its own lines once, in order; counts what was answered, and ends when it has no more.</summary>
    private const string Submits = """
        local threads = {}
        function setup(thread) table.insert(threads, thread); thread:set("id", #threads) end
        function init(args)
          bodies, sent, answered, refused = {}, 0, 0, 0
          for line in io.lines(args[1] .. "." .. id) do table.insert(bodies, line) end
        end
        function request()
          sent = sent + 1
          return wrk.format("POST", "/api/facilitator/submit-job", { ["Content-Type"] = "application/json" }, bodies[math.min(sent, #bodies)])
        end
        function response(status)
          if sent >= #bodies then wrk.thread:stop() end
          if status == 202 then answered = answered + 1 else refused = refused + 1 end
        end
        """;

    private const string Reads = """
        local threads = {}
        function setup(thread) table.insert(threads, thread) end
        function init(args)
          requests, at = {}, 0
          for line in io.lines(args[1]) do table.insert(requests, wrk.format("GET", line, { ["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN") })) end
        end
        function request() at = at % #requests + 1; return requests[at] end
        """;

    private const string Tell = """

        function done(summary)
          local answered, refused = 0, 0
          for _, thread in ipairs(threads) do answered = answered + (thread:get("answered") or 0); refused = refused + (thread:get("refused") or 0) end
          local errors = summary.errors
          print("@" .. string.format('{"answered":%d,"refused":%d,"requests":%d,"failed":%d,"microseconds":%d}', answered, refused, summary.requests,
            errors.connect + errors.read + errors.write + errors.timeout + errors.status, summary.duration))
        end
        """;

    /// <exception cref="BenchException">It is not here.</exception>
    public static void RequireInstalled()
    {
        try
        {
            using var probe = Process.Start(new ProcessStartInfo("wrk", "-v") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
            probe.WaitForExit();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new BenchException("wrk is not installed (Debian: apt-get install wrk)");
        }
    }

    /// <param name="bodies">JSON without line ends; each is sent at most once.</param>
    public async Task<WrkRun> SubmitAsync(IReadOnlyList<string> bodies, int seconds)
    {
        var file = Path.Combine(folder, "bodies");
        for (var thread = 1; thread <= Threads; thread++)
        {
            await File.WriteAllLinesAsync($"{file}.{thread}", bodies.Where((_, i) => i % Threads == thread - 1));
        }

        var told = await RunAsync(Submits, file, token: null, seconds);
        return new WrkRun(told.Answered, told.Refused + told.Failed, told.Microseconds / 1e6);
    }

    /// <param name="paths">Asked for in turn.</param>
    public async Task<WrkRun> ReadAsync(IReadOnlyList<string> paths, string token, int seconds)
    {
        var file = Path.Combine(folder, "paths");
        await File.WriteAllLinesAsync(file, paths);
        var told = await RunAsync(Reads, file, token, seconds);
        return new WrkRun(told.Requests - told.Failed, told.Failed, told.Microseconds / 1e6);
    }

    private async Task<Told> RunAsync(string script, string file, string? token, int seconds)
    {
        var lua = Path.Combine(folder, "load.lua");
        await File.WriteAllTextAsync(lua, script + Tell);
        var start = new ProcessStartInfo("wrk", ["-t", $"{Threads}", "-c", $"{connections}", "-d", $"{seconds}s", "--timeout", "10s", "-s", lua, url, "--", file])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["BENCH_TOKEN"] = token;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (await output).Split('\n').FirstOrDefault(l => l.StartsWith('@')) is { } line
            ? JsonSerializer.Deserialize<Told>(line[1..], JsonSerializerOptions.Web)!
            : throw new BenchException($"wrk ended without a word: {await error} {await output}");
    }

    private sealed record Told(long Answered, long Refused, long Requests, long Failed, long Microseconds);
}

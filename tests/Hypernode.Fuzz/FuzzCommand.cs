using System.CommandLine;
using System.Diagnostics;
using Hypernode.Api.Tests.Fuzzing;

namespace Hypernode.Fuzz;

/// <summary>The command line: <c>./hn fuzz api</c>.</summary>
internal static class FuzzCommand
{
    private const string About =
        """
        Send spoiled requests to the whole API in process, over the fakes of its tests: made from its own document, spoiled in bodies, queries, paths and headers. No answer may be a 500, anything but a problem where it refuses, outside the document, longer than a bound, or tell of the server's inside; and what is refused leaves nothing behind. The chain, the storage and the broker behind it are fakes.

        Examples:
          ./hn fuzz api --cases 100000 --seed 7     a long run
          ./hn fuzz api --seed 7 --case 4711        one case again, with what was sent and what came
          ./hn fuzz api --cases 20000 --json        one JSON object on stdout
        """;

    public static RootCommand Create()
    {
        var seed = new Option<ulong>("--seed") { Description = "where all randomness comes from", DefaultValueFactory = _ => 1 };
        var cases = new Option<int>("--cases") { Description = "how many requests", DefaultValueFactory = _ => 10_000 };
        var one = new Option<int?>("--case") { Description = "only this one, after those that led to it, and show it" };
        var socket = new Option<bool>("--socket") { Description = "over a real server's socket instead of in process; slower" };
        var json = new Option<bool>("--json") { Description = "print one JSON object on stdout" };
        cases.Validators.Add(r =>
        {
            if (r.Tokens is [var token] && int.TryParse(token.Value, out var number) && number < 1)
            {
                r.AddError("--cases must be at least 1");
            }
        });
        var api = new Command("api", About) { seed, cases, one, socket, json };
        api.SetAction((parsed, cancellationToken) => RunAsync(new ApiFuzzer(parsed.GetValue(seed), parsed.GetValue(cases), parsed.GetValue(socket)), parsed.GetValue(cases), parsed.GetValue(one), parsed.GetValue(json), cancellationToken));
        return new RootCommand("Fuzzing: api") { api };
    }

    private static async Task<int> RunAsync(ApiFuzzer fuzzer, int cases, int? one, bool json, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var last = TimeSpan.Zero;
        Console.Error.WriteLine($"fuzz: seed {fuzzer.Seed}");
        var report = one is { } number
            ? await fuzzer.RunOneAsync(number, Console.Out.WriteLine, cancellationToken)
            : await fuzzer.RunAsync(Tell, cancellationToken);
        foreach (var find in report.Finds)
        {
            Console.Error.WriteLine($"fuzz: {find}\n");
        }

        Console.Out.WriteLine(json ? report.ToJson(watch.Elapsed.TotalSeconds) : report.ToText(watch.Elapsed.TotalSeconds));
        return report.Finds.Count == 0 ? 0 : 1;

        void Tell(int done)
        {
            if (watch.Elapsed - last > TimeSpan.FromSeconds(5))
            {
                last = watch.Elapsed;
                Console.Error.WriteLine($"fuzz: {done} of {cases}");
            }
        }
    }
}

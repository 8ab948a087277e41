using System.CommandLine;
using System.CommandLine.Parsing;
using Hypernode.Simulation.Faults;

namespace Hypernode.Simulation.Runs;

/// <summary>The command line: <c>./hn sim</c>.</summary>
internal static class SimCommand
{
    private const string About =
        """
        Simulate the whole product: the real workflow, engine and workers on one thread over a simulated broker, database, chain, clock and nodes, with every listed fault. One seed is one run, bit for bit.

        Examples:
          ./hn sim --jobs 2000                         a quick run from a fixed seed
          ./hn sim --seed 7 --jobs 100000              a long one, about two minutes
          ./hn sim --seed 7 --jobs 100 --trace         what happened in one universe, step by step
          ./hn sim --jobs 5000 --only F05,F12          with these faults and no others
          ./hn sim --planted                           plant each known bug in a copy of the product: is it caught?
          ./hn sim --jobs 5000 --json | jq .faults     one JSON object on stdout
        """;

    public static RootCommand Create()
    {
        var seed = new Option<ulong>("--seed") { Description = "where all randomness comes from", DefaultValueFactory = _ => 1 };
        var jobs = new Option<int>("--jobs") { Description = "how many jobs, in universes of 100", DefaultValueFactory = _ => 2_000 };
        var json = new Option<bool>("--json") { Description = "print one JSON object on stdout" };
        var trace = new Option<bool>("--trace") { Description = "print the event trace of the first universe on stdout" };
        var only = new Option<string?>("--only") { Description = "inject only these faults, for example F05,F12 (none: no fault at all)" };
        var without = new Option<string?>("--without") { Description = "inject all faults but these" };
        var threads = new Option<int>("--threads") { Description = "universes at a time; the result does not depend on it", DefaultValueFactory = _ => Math.Min(2, Environment.ProcessorCount) };
        var detect = new Option<int>("--detect") { Description = "from so many base seeds: how many universes until a promise breaks", Hidden = true };
        var limit = new Option<int>("--limit") { Description = "with --detect: give up after so many universes", Hidden = true, DefaultValueFactory = _ => 40 };
        jobs.Validators.Add(r =>
        {
            if (NumberIn(r) is < 1 or > 100_000_000)
            {
                r.AddError("--jobs must be from 1 to 100000000");
            }
        });
        threads.Validators.Add(r =>
        {
            if (NumberIn(r) is < 1 or > 256)
            {
                r.AddError("--threads must be from 1 to 256");
            }
        });
        foreach (var option in new[] { only, without })
        {
            option.Validators.Add(r =>
            {
                if (r.GetValueOrDefault<string?>() is { } text && !TryParse(text, out _))
                {
                    r.AddError($"{option.Name} must be fault ids from F01 to F26, separated by commas: {text}");
                }
            });
        }

        var command = new RootCommand(About) { seed, jobs, json, trace, only, without, threads, detect, limit };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(detect) is > 0 and var bases)
            {
                var found = Detection.Run(parsed.GetValue(seed), bases, parsed.GetValue(limit), parsed.GetValue(threads));
                Console.Out.WriteLine(found.ToJson());
                return found.Caught ? 0 : 1;
            }

            var allowed = Allowed(parsed.GetValue(only), parsed.GetValue(without));
            var plan = new SimulationPlan(parsed.GetValue(seed), parsed.GetValue(jobs), allowed, parsed.GetValue(threads));
            return parsed.GetValue(trace) ? Trace(plan) : Run(plan, parsed.GetValue(json));
        });
        return command;
    }

    /// <summary>Null: not given, or no number, which the parser says itself.</summary>
    private static int? NumberIn(OptionResult option) => option.Tokens is [var token] && int.TryParse(token.Value, out var number) ? number : null;

    private static int Run(SimulationPlan plan, bool json)
    {
        var last = DateTimeOffset.UtcNow;
        var report = new SimulationRun(plan, (done, of) =>
        {
            if (DateTimeOffset.UtcNow - last > TimeSpan.FromSeconds(5) || (done == of && of > 200))
            {
                last = DateTimeOffset.UtcNow;
                Console.Error.WriteLine($"sim: {done} of {of} universes");
            }
        }).Run();
        Console.Out.WriteLine(json ? report.ToJson() : report.ToText());
        return report.Violations.Count == 0 ? 0 : 1;
    }

    private static int Trace(SimulationPlan plan)
    {
        var result = SimulationRun.RunOne(plan.Seed, Math.Min(plan.Jobs, SimulationRun.JobsOfAUniverse), plan.Only, Console.Out);
        Console.Out.WriteLine(SimulationReport.Of(plan, [result], TimeSpan.Zero).ToText());
        return result.Violations.Count == 0 ? 0 : 1;
    }

    private static HashSet<FaultId>? Allowed(string? only, string? without)
    {
        if (only is null && without is null)
        {
            return null;
        }

        IEnumerable<FaultId> allowed = only is not null && TryParse(only, out var chosen) ? chosen : FaultNames.All;
        return [.. TryParse(without, out var excluded) ? allowed.Except(excluded) : allowed];
    }

    private static bool TryParse(string? text, out HashSet<FaultId> ids)
    {
        ids = [];
        if (text is null or "none")
        {
            return true;
        }

        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!Enum.TryParse<FaultId>(word, ignoreCase: true, out var id) || !Enum.IsDefined(id) || char.IsAsciiDigit(word[0]))
            {
                return false;
            }

            ids.Add(id);
        }

        return true;
    }
}

using System.CommandLine;
using Hypernode.MoneyModel.Model;

namespace Hypernode.MoneyModel.Runs;

/// <summary>The command line: <c>./hn programs model</c>.</summary>
internal static class ModelCommand
{
    private const string About =
        """
        Random instruction sequences against the facilitator on the real virtual machine, beside a model of its money: after every step both must say the same error and the same of every balance, and no token may appear or be lost. One seed is one run.

        Examples:
          ./hn programs model                                   300 sequences from a fixed seed
          ./hn programs model --seed 7 --sequences 10000        a long run
          ./hn programs model --seed 7 --sequence 42            one sequence, with every step printed
          ./hn programs model --json | jq .outcomes             one JSON object on stdout
        """;

    public static RootCommand Create()
    {
        var seed = new Option<ulong>("--seed") { Description = "where all randomness comes from", DefaultValueFactory = _ => 1 };
        var sequences = new Option<int>("--sequences") { Description = "how many, of 15 to 45 steps", DefaultValueFactory = _ => 300 };
        var sequence = new Option<int?>("--sequence") { Description = "only this one, with every step printed" };
        var workers = new Option<int>("--workers") { Description = "virtual machines at a time; the result does not depend on it", DefaultValueFactory = _ => Math.Min(2, Environment.ProcessorCount) };
        var json = new Option<bool>("--json") { Description = "print one JSON object on stdout" };
        sequences.Validators.Add(r => Between(r.GetValueOrDefault<int>(), 1, 10_000_000, "--sequences", r.AddError));
        workers.Validators.Add(r => Between(r.GetValueOrDefault<int>(), 1, 64, "--workers", r.AddError));
        var command = new RootCommand(About) { seed, sequences, sequence, workers, json };
        command.SetAction(async (parsed, _) =>
        {
            var plan = new Plan(parsed.GetValue(seed), parsed.GetValue(sequences), parsed.GetValue(workers), parsed.GetValue(sequence));
            var report = await ModelRun.RunAsync(Root(), plan, new Rules());
            if (plan.Only is not null && !parsed.GetValue(json))
                await TraceAsync(plan);
            if (parsed.GetValue(json))
                Console.Out.WriteLine(Json(report));
            else
                Print(report);
            return report.Finding is null ? 0 : 1;
        });
        return command;
    }

    /// <summary>The repository: where <c>hn</c> says, or above the working directory.</summary>
    public static string Root()
    {
        if (Environment.GetEnvironmentVariable("HYPERNODE_ROOT") is { Length: > 0 } given)
            return given;
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Hypernode.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("this is not within the repository, and HYPERNODE_ROOT is not set");
    }

    private static void Between(int value, int low, int high, string name, Action<string> fail)
    {
        if (value < low || value > high)
            fail($"{name} must be from {low} to {high}");
    }

    private static void Print(Report report)
    {
        foreach (var (step, outcomes) in report.Outcomes)
            Console.Out.WriteLine($"{step,-17} {string.Join(", ", outcomes.OrderByDescending(o => o.Value).Select(o => $"{o.Value} {o.Key}"))}");
        Console.Out.WriteLine(
            $"seed {report.Seed}: {report.Sequences} sequences, {report.Steps} steps ({report.Accepted} accepted, {report.Refused} refused with {report.Errors} different errors) in {report.Seconds:0.0} s");
        if (report.Finding is not { } finding)
        {
            Console.Out.WriteLine("the model and the chain agree on every error and every balance");
            return;
        }
        Console.Out.WriteLine($"DISAGREEMENT in sequence {finding.Sequence} (./hn programs model --seed {report.Seed} --sequence {finding.Sequence}), shrunk to:");
        for (var i = 0; i < finding.Steps.Count; i++)
            Console.Out.WriteLine($"  {i}: {Lines.Write(finding.Steps[i])}");
        Console.Out.WriteLine(finding.Disagreement);
    }

    private static async Task TraceAsync(Plan plan)
    {
        await using var chain = await VirtualMachine.StartAsync(Root());
        var steps = Generator.Sequence(SeededRandom.Derive(plan.Seed, (ulong)plan.Only!.Value), chain.Facts);
        await new Differential(chain, new Rules()).PlayAsync(steps, (step, error) => Console.Out.WriteLine($"{error ?? "success",-24} {Lines.Write(step)}"));
    }

    private static string Json(Report report) => Lines.WritePlain(new
    {
        report.Seed,
        report.Sequences,
        report.Steps,
        report.Accepted,
        report.Refused,
        report.Errors,
        Seconds = Math.Round(report.Seconds, 1),
        report.Outcomes,
        Disagreement = report.Finding is null ? null : new { report.Finding.Sequence, What = report.Finding.Disagreement.ToString(), report.Finding.Steps },
    });
}

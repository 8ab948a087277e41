using System.CommandLine;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Client;
using Hypernode.Cli.Jobs.Files;
using Hypernode.Cli.Nodes;
using Hypernode.Contracts.Money;

namespace Hypernode.Cli.Jobs.Runs;

/// <summary><c>hn job run</c>: all jobs of a file, a sweep or steps; each is a payment of its own.</summary>
internal static class RunCommand
{
    private static readonly Argument<FileInfo> Source = new("FILE") { Description = "a job file (docs/jobs.md)" };
    private static readonly Option<string?> Image = new("--image") { Description = "for @image of the file: name@sha256:… or sha256:…" };
    private static readonly Option<string> Amount = Connection.Hyper("--amount", "HYPER: the most that each job may cost (default: the file's amount)");
    private static readonly Option<Funding> Money = new("--funding") { Description = "what the wallet signs for each job: intent (a text, after hn wallet approve), or transaction", DefaultValueFactory = _ => Funding.Intent };
    private static readonly Option<DirectoryInfo?> Out = new("--out") { Description = "the run's folder: its file, index.json, results (default: one of the run's name, here)" };
    private static readonly Option<int?> Concurrency = new("--concurrency") { Description = "jobs under way at a time, 1 to 64 (default: the file's, else 4)" };
    private static readonly Option<bool> Yes = RunPrompt.Yes();

    public static Command Create()
    {
        Amount.Required = false;
        NodeCommands.Refuse(Image, t => NodeAgent.Execution.ImageReference.TryParse(t, out _) ? null : "must be name@sha256:… or sha256:…");
        NodeCommands.Refuse(Concurrency, t => int.TryParse(t, out var n) && n is >= 1 and <= 64 ? null : "must be 1 to 64");
        Source.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !File.Exists(token.Value))
            {
                result.AddError($"there is no file {token.Value}");
            }
        });
        var command = new Command(
            "run",
            """
            Run every job of a file: each combination of its matrix, each of its steps. Each is an escrow of its own, signed by the wallet's
            file when its turn comes; steps that need one that failed are never paid for. The run's folder has its journal, so that a run that
            was interrupted goes on with ./hn job resume FOLDER, and pays nothing twice.

            Examples:
              ./hn job run examples/sweep/job.json --image sha256:… --wallet wallet.json --out sweep
              ./hn job run examples/pipeline/job.json --image sha256:… --wallet wallet.json --yes --json
            """)
        {
            Source, Image, Amount, Money, Concurrency, Out, Yes, Connection.Wallet, Connection.Api, Connection.Rpc, Connection.Network, Connection.Program, Connection.Json,
        };
        Connection.Handle(command, RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var path = parsed.GetRequiredValue(Source).FullName;
        var file = await JobFile.PlanAsync(path, parsed.GetValue(Image), cancellationToken);
        using var session = await RunSession.OpenAsync(parsed, cancellationToken);
        var plan = new RunPlan(
            RunPlan.Current,
            $"run-{new SystemIds().NewId()}",
            path,
            session.Payer,
            parsed.GetRequiredValue(Connection.Network),
            session.Program,
            parsed.GetValue(Money),
            parsed.GetValue(Concurrency) ?? file.Concurrency,
            Priced(file, parsed.GetValue(Amount)));
        await session.CheckFundsAsync(plan, plan.Jobs.Select(j => j.Amount), cancellationToken);
        var folder = Path.GetFullPath(parsed.GetValue(Out)?.FullName ?? plan.Run);
        await RunPrompt.ConfirmAsync(plan.Payer, plan.Jobs, folder, parsed.GetValue(Yes), cancellationToken);
        using var run = RunFile.Create(folder, plan, TimeProvider.System);
        return await session.CarryAsync(parsed, run, cancellationToken);
    }

    private static List<PricedJob> Priced(JobPlan file, string? given) =>
    [
        .. file.Jobs.Select(job => new PricedJob(
            job,
            given is not null ? Connection.AmountOf(given) : job.Amount ?? throw new CliException($"{job.Id} has no amount: --amount HYPER is needed, or amount in the file") { ExitCode = ExitCodes.Usage })),
    ];
}

using System.CommandLine;
using Hypernode.Contracts.Money;

namespace Hypernode.Cli.Jobs.Runs;

/// <summary>Before anything is signed: what it is, what it may cost, and whether it shall be.</summary>
internal static class RunPrompt
{
    private const int MaxListed = 40;

    public static Option<bool> Yes() => new("--yes", "-y") { Description = "sign without asking" };

    /// <exception cref="CliException">No, or nobody could be asked.</exception>
    public static async Task ConfirmAsync(string payer, IReadOnlyList<PricedJob> jobs, string folder, bool yes, CancellationToken cancellationToken)
    {
        foreach (var job in jobs.Take(MaxListed))
        {
            CommandRun.Say($"  {job.Job.Id,-28} at most {job.Amount} HYPER{(job.Job.Needs.Count == 0 ? "" : $", after {string.Join(", ", job.Job.Needs)}")}");
        }

        if (jobs.Count > MaxListed)
        {
            CommandRun.Say($"  … and {jobs.Count - MaxListed} more");
        }

        foreach (var upload in jobs.SelectMany(j => j.Job.Uploads).DistinctBy(u => u.Path).Take(MaxListed))
        {
            CommandRun.Say($"  uploads {upload.Path}, {upload.Input.Bytes} bytes");
        }

        CommandRun.Say($"{jobs.Count} jobs, at most {jobs.Aggregate(HyperAmount.Zero, (sum, j) => sum + j.Amount)} HYPER in all, paid by {payer}; results go to {folder}");
        if (yes)
        {
            return;
        }

        if (Console.IsInputRedirected)
        {
            throw new CliException("nothing was signed: --yes is needed where nobody can be asked") { ExitCode = ExitCodes.Usage };
        }

        await Console.Error.WriteAsync("hn: sign each when its turn comes? [y/N] ");
        var answer = await Task.Run(Console.ReadLine, cancellationToken).WaitAsync(cancellationToken); // Ctrl-C is heard here, too
        if (answer?.Trim() is not ("y" or "Y" or "yes"))
        {
            throw new CliException("nothing was signed") { ExitCode = ExitCodes.Interrupted };
        }
    }
}

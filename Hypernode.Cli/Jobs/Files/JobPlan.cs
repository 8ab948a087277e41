using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;

namespace Hypernode.Cli.Jobs.Files;

/// <summary>What a job file comes to: one job, or each of a sweep, or each step. Every one is an escrow of its own.</summary>
/// <param name="Jobs">Each after those that it needs.</param>
/// <param name="Concurrency">How many may be under way at a time.</param>
/// <param name="IsPlain">Neither matrix nor steps.</param>
internal sealed record JobPlan(IReadOnlyList<PlannedJob> Jobs, int Concurrency, bool IsPlain)
{
    public const int DefaultConcurrency = 4;
}

/// <param name="Id">Unique in the run, and fit for a folder: <c>lr=0.1,seed=3</c>, <c>count</c>, <c>lr=0.1/count</c>.</param>
/// <param name="Parameters">Its combination of the matrix.</param>
/// <param name="Needs">Ids of the jobs that must have succeeded first.</param>
/// <param name="Amount">HYPER, by the file; null: the file says nothing.</param>
/// <param name="Spec">Without the inputs that come from other steps: they have no hash yet.</param>
/// <param name="Uploads">The inputs whose content is here.</param>
/// <param name="Outputs">What it must leave; null: anything.</param>
internal sealed record PlannedJob(
    string Id,
    string? Step,
    IReadOnlyDictionary<string, string> Parameters,
    IReadOnlyList<string> Needs,
    HyperAmount? Amount,
    JobSpec Spec,
    IReadOnlyList<Upload> Uploads,
    IReadOnlyList<StepInput> FromSteps,
    IReadOnlyList<string>? Outputs);

/// <summary>An input and the file that holds it.</summary>
internal sealed record Upload(JobInput Input, string Path);

/// <summary>An input that another job of the run leaves.</summary>
/// <param name="From">The other job's id.</param>
/// <param name="Path">Its file, from its /out on.</param>
internal sealed record StepInput(string Name, string From, string Path);

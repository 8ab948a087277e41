using Hypernode.Cli.Client;
using Hypernode.Cli.Jobs.Files;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;

namespace Hypernode.Cli.Jobs;

/// <summary>
/// A file with one job, as people write it (docs/jobs.md); <c>"script": "@FILE"</c> takes the script from a file, and an input's
/// <c>path</c> its content. An input with a hash and no path is the file of its name if that is there, else it was uploaded before.
/// </summary>
/// <param name="Job">As it will be hashed and signed for.</param>
/// <param name="Uploads">The inputs whose content is here, and their files.</param>
/// <param name="Amount">HYPER, by the file; null: it says nothing.</param>
internal sealed record JobFile(JobSpec Job, IReadOnlyList<Upload> Uploads, HyperAmount? Amount = null)
{
    /// <param name="image">Instead of the file's; null: the file's own.</param>
    /// <exception cref="CliException">Each line names a line of the file, a field and what is wrong with it; or it is several jobs.</exception>
    public static async Task<JobFile> ReadAsync(string path, string? image, CancellationToken cancellationToken)
    {
        var plan = await PlanAsync(path, image, cancellationToken);
        return plan is { IsPlain: true, Jobs: [var job] }
            ? new JobFile(job.Spec, job.Uploads, job.Amount)
            : throw new CliException($"{path} has a matrix or steps, and is {plan.Jobs.Count} jobs: ./hn job run {path}") { ExitCode = ExitCodes.Usage };
    }

    /// <exception cref="CliException">Each line names a line of the file, a field and what is wrong with it.</exception>
    public static async Task<JobPlan> PlanAsync(string path, string? image, CancellationToken cancellationToken)
    {
        var (plan, problems) = await JobFileReader.ReadAsync(path, image, cancellationToken);
        return plan ?? throw new CliException(string.Join('\n', [$"{path} is no job:", .. problems.Select(p => $"  {p}")])) { ExitCode = ExitCodes.Usage };
    }

    /// <summary>What the job reads is where nodes find it.</summary>
    /// <exception cref="CliException">A file was changed meanwhile, or the server stored another one.</exception>
    public Task UploadAsync(ApiClient api, CancellationToken cancellationToken) => UploadAsync(api, Uploads, cancellationToken);

    /// <exception cref="CliException">A file was changed meanwhile, or the server stored another one.</exception>
    public static async Task UploadAsync(ApiClient api, IEnumerable<Upload> uploads, CancellationToken cancellationToken)
    {
        foreach (var (input, path) in uploads)
        {
            var stored = await api.UploadAsync(input.Name, await File.ReadAllBytesAsync(path, cancellationToken), cancellationToken);
            if (stored != input with { Encrypted = null })
            {
                throw new CliException($"{path} is not the file that the job names");
            }
        }
    }

    public static JobInput InputOf(string name, string path)
    {
        var content = File.ReadAllBytes(path);
        return new JobInput(name, Hash256.Of(content), content.Length);
    }
}

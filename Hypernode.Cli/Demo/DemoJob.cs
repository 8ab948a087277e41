using Hypernode.Cli.Adapters;
using Hypernode.Cli.Client;
using Hypernode.Cli.Jobs;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;

namespace Hypernode.Cli.Demo;

/// <summary>One folder of examples/: its job, its inputs, and what it must leave behind.</summary>
internal sealed class DemoJob(string folder)
{
    /// <summary>More than any run can cost, so that a remainder shows.</summary>
    public static readonly HyperAmount Amount = new(1_000_000);

    public static DemoJob Of(Repository repository, string name) => new(repository.Example(name));

    /// <summary>Uploads the inputs; the answer is the job as it will be hashed and signed for.</summary>
    /// <exception cref="CliException">An input is not the file that the job names.</exception>
    public async Task<JobSpec> UploadAsync(string image, ApiClient api, CancellationToken cancellationToken)
    {
        var file = await JobFile.ReadAsync(Path.Combine(folder, "job.json"), image, cancellationToken);
        await file.UploadAsync(api, cancellationToken);
        return file.Job;
    }

    /// <summary>The result's name and hash; null when the job leaves nothing.</summary>
    public async Task<(string Name, Hash256 Sha256)?> ExpectedAsync(CancellationToken cancellationToken)
    {
        var file = Path.Combine(folder, "expected.sha256");
        if (!File.Exists(file))
        {
            return null;
        }

        var words = (await File.ReadAllTextAsync(file, cancellationToken)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return (words[1], Hash256.Parse(words[0]));
    }
}

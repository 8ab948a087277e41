using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Client;
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
        var job = await ReadAsync(image, cancellationToken);
        foreach (var input in job.Inputs ?? [])
        {
            var stored = await api.UploadAsync(input.Name, await File.ReadAllBytesAsync(Path.Combine(folder, input.Name), cancellationToken), cancellationToken);
            if (stored != input)
            {
                throw new CliException($"{Path.Combine(folder, input.Name)} is not the file that job.json names");
            }
        }

        return job;
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

    internal async Task<JobSpec> ReadAsync(string image, CancellationToken cancellationToken)
    {
        var json = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "job.json"), cancellationToken))!;
        json["image"] = image;
        if (json["script"]?.GetValue<string>() is ['@', .. var script])
        {
            json["script"] = await File.ReadAllTextAsync(Path.Combine(folder, script), cancellationToken);
        }

        return json.Deserialize<JobSpec>(ContractJson.Options) ?? throw new CliException($"{folder}/job.json is empty");
    }
}

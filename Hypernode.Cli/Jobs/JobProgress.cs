using Hypernode.Cli.Client;
using Hypernode.Cli.Demo;

namespace Hypernode.Cli.Jobs;

/// <summary>Tells a job's states and transactions, each once.</summary>
internal sealed class JobProgress(Narrator narrator)
{
    private readonly HashSet<string> _shown = [];

    public async Task<JobAnswer> ShowAsync(ApiClient api, string jobId, CancellationToken cancellationToken)
    {
        var job = await api.JobAsync(jobId, cancellationToken);
        foreach (var transition in job.Transitions.Where(t => _shown.Add($"{t.Attempt} {t.State} {t.At}")))
        {
            narrator.State(transition);
        }

        foreach (var signature in job.Signatures.Where(_shown.Add))
        {
            narrator.Transaction(signature);
        }

        return job;
    }
}

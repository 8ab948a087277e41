using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;

namespace Hypernode.Simulation.World;

/// <summary>What a job does when it really runs.</summary>
/// <param name="Slowness">Of its estimate.</param>
internal sealed record JobNature(int ExitCode, double Slowness);

/// <summary>What really happened, which the product can only learn from evidence: the checks compare with it.</summary>
internal sealed class SimTruth
{
    private readonly Dictionary<JobId, JobNature> _natures = [];
    private readonly Dictionary<(JobId Job, int Attempt, Hash256 Receipt), int> _delivered = [];

    public void Fix(JobId job, JobNature nature) => _natures[job] = nature;

    public JobNature Of(JobId job) => _natures[job];

    /// <summary>A receipt that may be paid for: by the node of that attempt, for a run that was.</summary>
    public void Delivered(JobId job, int attempt, Hash256 receipt, int exitCode) => _delivered.TryAdd((job, attempt, receipt), exitCode);

    /// <summary>Null: no run has made that receipt.</summary>
    public int? ExitCodeOf(JobId job, int attempt, Hash256 receipt) => _delivered.TryGetValue((job, attempt, receipt), out var code) ? code : null;
}

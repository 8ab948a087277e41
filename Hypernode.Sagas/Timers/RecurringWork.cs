namespace Hypernode.Sagas.Timers;

/// <summary>Work that Quartz repeats; never twice at once on one host.</summary>
/// <param name="Name">Stable: it names the Quartz job.</param>
/// <param name="RunAsync">With the host's services and the scheduler's cancellation.</param>
/// <param name="Cluster">
/// Null: every host repeats it for itself. Otherwise the hosts that name the same cluster repeat it once among them (where
/// the database is shared; elsewhere there is one host). All of them must be able to run it, so a role names its cluster.
/// </param>
public sealed record RecurringWork(
    string Name, TimeSpan Every, Func<IServiceProvider, CancellationToken, Task> RunAsync, string? Cluster = null)
{
    /// <summary>The hosts with the sagas role.</summary>
    public const string SagaHosts = "sagas";

    /// <summary>The hosts with the workers role.</summary>
    public const string WorkerHosts = "workers";
}

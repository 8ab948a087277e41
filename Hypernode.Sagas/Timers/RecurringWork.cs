namespace Hypernode.Sagas.Timers;

/// <summary>Work that Quartz repeats; never twice at once on one host.</summary>
/// <param name="Name">Stable: it names the Quartz job.</param>
/// <param name="RunAsync">With the host's services and the scheduler's cancellation.</param>
public sealed record RecurringWork(string Name, TimeSpan Every, Func<IServiceProvider, CancellationToken, Task> RunAsync);

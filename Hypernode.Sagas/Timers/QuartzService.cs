using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;

namespace Hypernode.Sagas.Timers;

/// <summary>
/// Runs the host's <see cref="RecurringWork"/>: what every host repeats on a scheduler in memory, what a cluster repeats once
/// on a scheduler that shares a database with the others. Timers themselves are rows, taken under lock (ADR 5).
/// </summary>
public sealed class QuartzService(
    IServiceProvider services, IEnumerable<RecurringWork> work, IEnumerable<QuartzDatabase> database, ILogger<QuartzService> logger)
    : IHostedService
{
    private readonly List<IScheduler> _schedulers = [];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var shared = database.SingleOrDefault();
        foreach (var cluster in work.GroupBy(w => w.Cluster))
        {
            var items = cluster.ToDictionary(w => w.Name);
            var jobs = new RecurringJob.Factory(items, services, logger);
            var scheduler = await QuartzScheduler.CreateAsync(cluster.Key, shared, jobs, cancellationToken).ConfigureAwait(false);
            _schedulers.Add(scheduler);
            await QuartzScheduler.ScheduleAsync(scheduler, items.Values, cancellationToken).ConfigureAwait(false);
            await scheduler.Start(cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // All at once: each waits for the turn that it is in.
        await Task.WhenAll(_schedulers.Select(s => s.Shutdown(waitForJobsToComplete: true, cancellationToken))).ConfigureAwait(false);
        _schedulers.Clear();
    }
}

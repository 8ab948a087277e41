using System.Collections.Specialized;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;
using Quartz.Impl;
using Quartz.Spi;

namespace Hypernode.Sagas.Timers;

/// <summary>
/// Hosts a Quartz scheduler for the host's <see cref="RecurringWork"/>. Its jobs live in memory on purpose: the timers
/// themselves are rows, taken under lock, so any number of hosts may pump them.
/// </summary>
public sealed partial class QuartzService(IServiceProvider services, IEnumerable<RecurringWork> work, ILogger<QuartzService> logger)
    : IHostedService, IJobFactory
{
    private readonly Dictionary<string, RecurringWork> _work = work.ToDictionary(w => w.Name);
    private IScheduler? _scheduler;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var properties = new NameValueCollection
        {
            ["quartz.scheduler.instanceName"] = $"hypernode-{Environment.ProcessId}",
            ["quartz.jobStore.type"] = "Quartz.Simpl.RAMJobStore, Quartz",
            ["quartz.threadPool.maxConcurrency"] = "4",
        };
        _scheduler = await new StdSchedulerFactory(properties).GetScheduler(cancellationToken).ConfigureAwait(false);
        _scheduler.JobFactory = this;
        foreach (var item in _work.Values)
        {
            var job = JobBuilder.Create<RecurringJob>().WithIdentity(item.Name).Build();
            var trigger = TriggerBuilder.Create()
                .WithIdentity(item.Name)
                .StartNow()
                .WithSimpleSchedule(s => s.WithInterval(item.Every).RepeatForever().WithMisfireHandlingInstructionNextWithRemainingCount())
                .Build();
            await _scheduler.ScheduleJob(job, trigger, cancellationToken).ConfigureAwait(false);
        }

        await _scheduler.Start(cancellationToken).ConfigureAwait(false);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_scheduler is not null)
        {
            await _scheduler.Shutdown(waitForJobsToComplete: true, cancellationToken).ConfigureAwait(false);
        }
    }

    public IJob NewJob(TriggerFiredBundle bundle, IScheduler scheduler) =>
        new RecurringJob(_work[bundle.JobDetail.Key.Name], services, logger);

    public void ReturnJob(IJob job)
    {
    }

    [LoggerMessage(2101, LogLevel.Error, "{Name} failed; it runs again at its next turn")]
    private static partial void Failed(ILogger logger, Exception e, string name);

    [DisallowConcurrentExecution]
    private sealed class RecurringJob(RecurringWork work, IServiceProvider services, ILogger logger) : IJob
    {
        public async Task Execute(IJobExecutionContext context)
        {
            try
            {
                await work.RunAsync(services, context.CancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // One bad turn (a database restart) must not end the schedule.
                Failed(logger, e, work.Name);
            }
        }
    }
}

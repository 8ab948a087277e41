using System.Collections.Specialized;
using System.Globalization;
using Quartz;
using Quartz.Impl;
using Quartz.Impl.Matchers;
using Quartz.Spi;

namespace Hypernode.Sagas.Timers;

/// <summary>One Quartz scheduler and what it repeats.</summary>
internal static class QuartzScheduler
{
    private const string Store = "quartz.jobStore.";
    private const string Source = "quartz.dataSource.hypernode.";

    /// <param name="cluster">Null: for this host alone, in memory.</param>
    public static async Task<IScheduler> CreateAsync(
        string? cluster, QuartzDatabase? database, IJobFactory jobs, CancellationToken cancellationToken)
    {
        var properties = new NameValueCollection
        {
            ["quartz.scheduler.instanceName"] = cluster is null ? "hypernode-host" : $"hypernode-{cluster}",
            ["quartz.threadPool.maxConcurrency"] = "4",
            ["quartz.scheduler.interruptJobsOnShutdownWithWait"] = "true",
            // A turn that was missed is skipped, not made up for: ten late turns in a row would find nothing new.
            [Store + "misfireThreshold"] = "1000",
            ["quartz.checkConfiguration"] = "true",
        };
        if (cluster is not null && database is not null)
        {
            AddCluster(properties, database);
        }
        else
        {
            properties[Store + "type"] = "Quartz.Simpl.RAMJobStore, Quartz";
        }

        var scheduler = await new OwnFactory(properties).GetScheduler(cancellationToken).ConfigureAwait(false);
        scheduler.JobFactory = jobs;
        return scheduler;
    }

    /// <summary>
    /// Makes the schedule what this build says: what is new is added, what has another interval is changed, what is gone is
    /// taken out. The rest is left as it is: a host that starts must not put off the others' next turn.
    /// </summary>
    public static async Task ScheduleAsync(IScheduler scheduler, IReadOnlyCollection<RecurringWork> work, CancellationToken cancellationToken)
    {
        foreach (var item in work)
        {
            await ScheduleAsync(scheduler, item, cancellationToken).ConfigureAwait(false);
        }

        var known = work.Select(w => new JobKey(w.Name)).ToHashSet();
        foreach (var key in await scheduler.GetJobKeys(GroupMatcher<JobKey>.AnyGroup(), cancellationToken).ConfigureAwait(false))
        {
            if (!known.Contains(key))
            {
                await scheduler.DeleteJob(key, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task ScheduleAsync(IScheduler scheduler, RecurringWork work, CancellationToken cancellationToken)
    {
        var job = JobBuilder.Create<RecurringJob>().WithIdentity(work.Name).StoreDurably().Build();
        await scheduler.AddJob(job, replace: true, cancellationToken).ConfigureAwait(false);
        var trigger = TriggerBuilder.Create()
            .WithIdentity(work.Name)
            .ForJob(job)
            .StartNow()
            .WithSimpleSchedule(s => s.WithInterval(work.Every).RepeatForever().WithMisfireHandlingInstructionNextWithRemainingCount())
            .Build();
        switch (await scheduler.GetTrigger(trigger.Key, cancellationToken).ConfigureAwait(false))
        {
            case ISimpleTrigger there when there.RepeatInterval == work.Every:
                return;
            case not null:
                await scheduler.RescheduleJob(trigger.Key, trigger, cancellationToken).ConfigureAwait(false);
                return;
            default:
                try
                {
                    await scheduler.ScheduleJob(trigger, cancellationToken).ConfigureAwait(false);
                }
                catch (ObjectAlreadyExistsException)
                {
                    // Another host that starts now was quicker; it says the same.
                }

                return;
        }
    }

    private static void AddCluster(NameValueCollection properties, QuartzDatabase database)
    {
        properties["quartz.scheduler.instanceId"] = "AUTO";
        properties[Store + "type"] = "Quartz.Impl.AdoJobStore.JobStoreTX, Quartz";
        properties[Store + "driverDelegateType"] = "Quartz.Impl.AdoJobStore.PostgreSQLDelegate, Quartz";
        properties[Store + "tablePrefix"] = "qrtz_";
        properties[Store + "useProperties"] = "true";
        properties[Store + "clustered"] = "true";
        properties[Store + "clusterCheckinInterval"] = Milliseconds(database.CheckIn);
        properties[Store + "clusterCheckinMisfireThreshold"] = Milliseconds(database.Patience);
        properties[Store + "dbRetryInterval"] = Milliseconds(database.CheckIn);
        properties[Store + "dataSource"] = "hypernode";
        properties[Source + "provider"] = "Npgsql";
        properties[Source + "connectionString"] = database.ConnectionString;
        properties["quartz.serializer.type"] = typeof(NameValueSerializer).AssemblyQualifiedName;
    }

    private static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);

    /// <summary>Quartz registers schedulers by name in a static; here each belongs to its host alone.</summary>
    private sealed class OwnFactory(NameValueCollection properties) : StdSchedulerFactory(properties)
    {
        private readonly SchedulerRepository _mine = new();

        protected override ISchedulerRepository GetSchedulerRepository() => _mine;
    }
}

using Microsoft.Extensions.Logging;
using Quartz;
using Quartz.Spi;

namespace Hypernode.Sagas.Timers;

/// <summary>
/// Quartz's name for all recurring work. The name of the job says which; this type's own name stands in the database, so
/// it stays what it is.
/// </summary>
[DisallowConcurrentExecution]
internal sealed partial class RecurringJob(RecurringWork? work, string name, IServiceProvider services, ILogger logger) : IJob
{
    public async Task Execute(IJobExecutionContext context)
    {
        if (work is null)
        {
            // A later build's, during an upgrade: its own hosts run it at the next turn.
            Unknown(logger, name);
            return;
        }

        try
        {
            await work.RunAsync(services, context.CancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            // The host stops: the next turn is another's, or ours after the start.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // One bad turn (a database restart) must not end the schedule.
            Failed(logger, e, work.Name);
        }
    }

    [LoggerMessage(2101, LogLevel.Error, "{Name} failed; it runs again at its next turn")]
    private static partial void Failed(ILogger logger, Exception e, string name);

    [LoggerMessage(2102, LogLevel.Warning, "The schedule names {Name}, which this build does not know")]
    private static partial void Unknown(ILogger logger, string name);

    internal sealed class Factory(IReadOnlyDictionary<string, RecurringWork> work, IServiceProvider services, ILogger logger) : IJobFactory
    {
        public IJob NewJob(TriggerFiredBundle bundle, IScheduler scheduler)
        {
            var name = bundle.JobDetail.Key.Name;
            return new RecurringJob(work.GetValueOrDefault(name), name, services, logger);
        }

        public void ReturnJob(IJob job)
        {
        }
    }
}

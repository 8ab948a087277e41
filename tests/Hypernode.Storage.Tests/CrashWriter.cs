using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Microsoft.Extensions.DependencyInjection;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

/// <summary>A process to be killed: it moves four jobs for ever, and says each transition once its commit has returned.</summary>
internal static class CrashWriter
{
    public static async Task Main(string[] args)
    {
        var services = new ServiceCollection().AddSingleton<IIdSource, TestIds>().AddHypernodeSqlite(args[0]);
        await using var storage = services.BuildServiceProvider();
        await storage.GetRequiredService<IStorageMigrator>().MigrateAsync(None);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => MoveAsync(storage))));
    }

    private static async Task MoveAsync(IServiceProvider storage)
    {
        var journal = storage.GetRequiredService<ISagaJournal>();
        var submission = Submission();
        await storage.GetRequiredService<IJobIntake>().SubmitAsync(submission, None);
        var job = submission.Intent.JobId;
        for (var version = 0; ; version++)
        {
            var commit = Commit(Row(job, version, JobStateNames.Matching)) with
            {
                Outbox = [Message(job)],
                Timers = [Timer(job, TimerKind.Step, Now.AddHours(1), version + 1)],
            };
            if (await journal.CommitAsync(commit) != CommitResult.Committed)
            {
                throw new InvalidOperationException("a lone writer met a conflict");
            }

            Console.WriteLine($"{job} {version + 1}");
        }
    }
}

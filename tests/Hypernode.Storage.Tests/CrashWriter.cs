using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Microsoft.Extensions.DependencyInjection;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

/// <summary>A process to be killed: four writers move eight jobs each for ever, a batch a time, and say each transition once its commit has returned.</summary>
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
        var intake = storage.GetRequiredService<IJobIntake>();
        var wallet = NewWallet(); // one a writer: its jobs move together or not at all
        var submissions = Enumerable.Range(0, 8).Select(_ => Submission(wallet)).ToArray();
        await Task.WhenAll(submissions.Select(s => intake.SubmitAsync(s, None)));
        var sent = new Dictionary<JobId, Guid>();
        for (var version = 0; ; version++)
        {
            SagaCommit[] batch = [.. submissions.Select(s => s.Intent.JobId).Select(job => Commit(Row(job, version, JobStateNames.Matching)) with
            {
                Outbox = [Message(job)],
                Consumed = sent.TryGetValue(job, out var last) ? [last] : [],
                Timers = [Timer(job, TimerKind.Step, Now.AddHours(1), version + 1)],
            })];
            if ((await journal.CommitAsync(batch, [], None)).Any(r => r != CommitResult.Committed))
            {
                throw new InvalidOperationException("a lone writer met a conflict");
            }

            foreach (var commit in batch)
            {
                sent[commit.Job!.Id] = commit.Outbox[0].MessageId;
                Console.WriteLine($"{commit.Job.Id} {version + 1}");
            }
        }
    }
}

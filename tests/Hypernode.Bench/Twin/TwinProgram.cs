using System.Runtime.InteropServices;
using Hypernode.Bench.Loads;
using Npgsql;
using RabbitMQ.Client;

namespace Hypernode.Bench.Twin;

/// <summary>
/// The native twin: what this machine can do at all with the plain RabbitMQ client and Npgsql, no framework, no serializer,
/// no workers' work. A job takes its seven durable steps on a quorum queue each way, in batches of 64.
/// </summary>
internal static class TwinProgram
{
    /// <param name="args">PostgreSQL's connection string, the broker's uri.</param>
    public static async Task<int> RunAsync(string[] args)
    {
        await using var storage = await TwinStorage.OpenAsync(args[0]);
        await using var connection = await new ConnectionFactory { Uri = new Uri(args[1]) }.CreateConnectionAsync();
        var ended = new Reference.EndedJobs();
        await using var saga = await TwinQueue.OpenAsync(connection, "twin.saga");
        await using var workers = await TwinQueue.OpenAsync(connection, "twin.workers");
        await saga.ConsumeAsync(workers, async batch =>
        {
            var moved = await storage.AdvanceAsync(batch);
            foreach (var step in moved.Where(m => m.Step == TwinStorage.LastStep))
            {
                ended.Ended(step.Job);
            }

            return moved.Where(m => m.Step < TwinStorage.LastStep);
        });
        await workers.ConsumeAsync(saga, batch => Task.FromResult(batch.AsEnumerable()));
        await LoadProtocol.ServeAsync(
            async (verb, numbers) => verb switch
            {
                "run" => await Window.RunAsync(Load.Of(numbers), async (window, _) =>
                {
                    var job = Guid.CreateVersion7();
                    ended.Expect(job, window.Ended);
                    await saga.PublishAsync(new TwinStep(job, 0));
                }),
                "counters" => Compiler.Counters,
                _ => new Done(),
            },
            CancellationToken.None);
        return 0;
    }
}

/// <param name="Step">How many steps the job has taken.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TwinStep(Guid Job, short Step);

using Hypernode.Sagas.Timers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Hypernode.Host.Tests.Timers;

/// <summary>A process to be killed: it belongs to a cluster that ticks twice a second, and it ticks for itself as well.</summary>
internal static class TickingHost
{
    public const string Cluster = "ticking";

    public static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a tick takes, so that a kill meets it half-way.</summary>
    public static readonly TimeSpan Work = TimeSpan.FromMilliseconds(100);

    /// <param name="args">Connection string, name.</param>
    public static async Task Main(string[] args)
    {
        await using var source = NpgsqlDataSource.Create(args[0]);
        RecurringWork[] work =
        [
            new("tick", Every, (_, _) => TickAsync(source, "tick", args[1]), Cluster),
            new("own-tick", Every, (_, _) => TickAsync(source, "own", args[1])),
        ];
        var quartz = new QuartzService(
            new ServiceCollection().BuildServiceProvider(), work, [new QuartzDatabase(args[0])], NullLogger<QuartzService>.Instance);
        await quartz.StartAsync(CancellationToken.None);
        Console.WriteLine("started");
        while (await Console.In.ReadLineAsync() is not null)
        {
            // Until the parent closes it: then the host stops in good order.
        }

        await quartz.StopAsync(CancellationToken.None);
        Console.WriteLine("stopped");
    }

    private static async Task TickAsync(NpgsqlDataSource source, string kind, string host)
    {
        await using var begin = source.CreateCommand("insert into ticks (kind, host) values ($1, $2) returning id");
        begin.Parameters.Add(new NpgsqlParameter<string> { TypedValue = kind });
        begin.Parameters.Add(new NpgsqlParameter<string> { TypedValue = host });
        var id = (long)(await begin.ExecuteScalarAsync())!;
        await Task.Delay(Work);
        await using var end = source.CreateCommand("update ticks set ended_at = clock_timestamp() where id = $1");
        end.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        await end.ExecuteNonQueryAsync();
    }
}

using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Host.Health;
using Hypernode.Sagas.Engine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Hypernode.Host.Tests;

public sealed class StorageWatchTests
{
    [Theory]
    [InlineData(StorageCondition.Ok, HealthStatus.Healthy)]
    [InlineData(StorageCondition.Slow, HealthStatus.Degraded)]
    [InlineData(StorageCondition.Full, HealthStatus.Unhealthy)]
    [InlineData(StorageCondition.ReadOnly, HealthStatus.Unhealthy)]
    [InlineData(StorageCondition.Unreachable, HealthStatus.Unhealthy)]
    public async Task A_condition_is_a_status_with_its_reason(StorageCondition condition, HealthStatus status)
    {
        var watch = new Fixed { Current = new(condition, condition == StorageCondition.Ok ? "" : "because", TimeSpan.Zero) };

        var result = await new StorageHealthCheck(watch).CheckHealthAsync(new HealthCheckContext());

        result.Status.ShouldBe(status);
        result.Data.GetValueOrDefault("reason").ShouldBe(condition == StorageCondition.Ok ? null : "because");
    }

    [Fact]
    public async Task A_storage_whose_commits_wait_is_slow_although_a_small_write_is_fast()
    {
        var (journal, later) = (new Stuck(), new Later());
        var commits = CommitsOf(journal, later);
        _ = commits.AddAsync(new SagaCommit(Guid.NewGuid(), [], default, null, [], [], null));
        later.Passed = TimeSpan.FromSeconds(6);
        using var watch = new StorageWatch(new Fast(), commits, TimeProvider.System, NullLogger<StorageWatch>.Instance);
        await watch.StartAsync(CancellationToken.None);

        await Eventually.IsTrueAsync(() => watch.Current.Condition == StorageCondition.Slow, "the backlog");
        watch.Current.Reason.ShouldBe("a transition has waited 6 s for its commit");

        journal.Answer.SetResult([CommitResult.Committed]);
        await Eventually.IsTrueAsync(() => watch.Current.Condition == StorageCondition.Ok, "its end");
        await watch.StopAsync(CancellationToken.None);
    }

    [Fact]
    [Trait("Needs", "postgres")]
    public async Task A_database_that_turns_read_only_is_noticed_and_so_is_its_recovery()
    {
        await using var database = await TestDatabase.CreateAsync();
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        var watch = new StorageWatch(database.Services.GetRequiredService<IStorageProbe>(), CommitsOf(new Stuck()), TimeProvider.System, NullLogger<StorageWatch>.Instance);
        await watch.StartAsync(CancellationToken.None);

        await SetReadOnlyAsync("on");
        await Eventually.IsTrueAsync(() => watch.Current.Condition == StorageCondition.ReadOnly, "the read-only database");
        watch.Current.Reason.ShouldNotContain("127.0.0.1");

        await SetReadOnlyAsync("off");
        await Eventually.IsTrueAsync(() => watch.Current.Condition == StorageCondition.Ok, "its recovery");
        await watch.StopAsync(CancellationToken.None);

        // Sessions that are open keep their setting: they are ended, as a failover would.
        async Task SetReadOnlyAsync(string value)
        {
            await database.ExecuteAsync("set default_transaction_read_only = off; alter database " + name + " set default_transaction_read_only = " + value);
            await database.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
        }
    }

    private static CommitLoop CommitsOf(ISagaJournal journal, TimeProvider? time = null) =>
        new(journal, new PoolScheduler(), time ?? TimeProvider.System, Options.Create(new EngineOptions()));

    private sealed class Fast : IStorageProbe
    {
        public Task<StorageHealth> ProbeAsync(CancellationToken cancellationToken) =>
            Task.FromResult(new StorageHealth(StorageCondition.Ok, "", TimeSpan.FromMilliseconds(1)));
    }

    /// <summary>A transaction that does not end.</summary>
    private sealed class Stuck : ISagaJournal
    {
        public TaskCompletionSource<IReadOnlyList<CommitResult>> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<IReadOnlyList<StoredSaga>> LoadAsync(IReadOnlyCollection<JobId> ids, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<CommitResult>> CommitAsync(
            IReadOnlyList<SagaCommit> batch, IReadOnlyCollection<Guid> delivered, CancellationToken cancellationToken) => Answer.Task;
    }

    private sealed class Later : TimeProvider
    {
        public TimeSpan Passed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Passed.Ticks;
    }

    private sealed class Fixed : IStorageWatch
    {
        public StorageHealth Current { get; init; } = null!;
    }
}

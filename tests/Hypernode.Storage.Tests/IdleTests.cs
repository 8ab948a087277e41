using Hypernode.Contracts.Ports;
using Hypernode.Storage.Shared;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteIdleTests(SqliteFixture storage) : IdleTests(storage), IClassFixture<SqliteFixture>
{
    protected override string ArmManySql => """
        with recursive n(i) as (select 0 union all select i + 1 from n where i < 99999)
        insert into timers (job_id, kind, due_at, epoch, type, body)
        select (select min(job_id) from jobs), 'Kind' || i, @due, 1, 'T', '{}' from n
        """;

    protected override string SendManySql => """
        with recursive n(i) as (select 0 union all select i + 1 from n where i < 99999)
        insert into outbox (message_id, destination, type, body, created_at, owner_host, taken_until)
        select 'm' || i, 'd', 't', '{}', @due, 'other', @due from n
        """;

    protected override Task<List<string>> ExplainAsync(string sql) =>
        Storage.Get<Database>().ReadAsync("explain query plan " + sql, r => r.Text(3), None);

    /// <summary>The log grows by whatever is written.</summary>
    protected override async Task<long> WrittenAsync() =>
        await Task.FromResult(new FileInfo(((SqliteFixture)Storage).FilePath + "-wal").Length);

    protected override string Now(DateTimeOffset at) => at.ToUnixTimeMilliseconds().ToString();
}

[Trait("Needs", "postgres")]
public sealed class PostgresIdleTests(PostgresFixture storage) : IdleTests(storage), IClassFixture<PostgresFixture>
{
    protected override string ArmManySql => """
        insert into timers (job_id, kind, due_at, epoch, type, body)
        select (select min(job_id) from jobs), 'Kind' || i, @due, 1, 'T', '{}' from generate_series(1, 100000) as i
        """;

    protected override string SendManySql => """
        insert into outbox (message_id, destination, type, body, created_at, owner_host, taken_until)
        select gen_random_uuid(), 'd', 't', '{}', @due, 'other', @due from generate_series(1, 100000) as i
        """;

    protected override Task<List<string>> ExplainAsync(string sql) => Storage.Get<Database>().ReadAsync("explain " + sql, r => r.Text(0), None);

    /// <summary>A transaction that writes takes a number; one that reads takes none.</summary>
    protected override async Task<long> WrittenAsync() =>
        (await Storage.Get<Database>().ReadAsync("select cast(cast(pg_snapshot_xmax(pg_current_snapshot()) as text) as bigint)", r => r.Long(0), None))[0];

    protected override string Now(DateTimeOffset at) => $"'{at:O}'";
}

/// <summary>What nobody waits for costs nothing, however much of it there is.</summary>
public abstract class IdleTests(StorageFixture storage)
{
    private readonly IOutbox _outbox = storage.Get<IOutbox>();

    protected StorageFixture Storage => storage;

    protected abstract string ArmManySql { get; }

    protected abstract string SendManySql { get; }

    [Fact]
    public async Task A_hundred_thousand_armed_timers_and_rows_on_their_way_are_looked_past_by_index_and_without_a_write()
    {
        await AJobAsync(storage);
        foreach (var sql in new[] { ArmManySql, SendManySql })
        {
            await storage.Get<Database>().WriteAsync(session => session.ExecuteAsync(sql, ("due", Given.Now.AddDays(1))), None);
        }

        var (now, later) = (Given.Now.AddSeconds(-1), Given.Now.AddHours(1));
        (await ExplainAsync($"select job_id from timers where due_at <= {Now(now)} order by due_at limit 100")).ShouldContain(line => line.Contains("idx_timers_due"));
        (await ExplainAsync($"select message_id from outbox where taken_until is null or taken_until <= {Now(now)} order by created_at, message_id limit 100"))
            .ShouldContain(line => line.Contains("idx_outbox_free"));

        var before = await WrittenAsync();
        for (var i = 0; i < 20; i++)
        {
            (await _outbox.TakeDueTimersAsync(now, later, 100, None)).ShouldBeEmpty();
            (await _outbox.TakeLeftoversAsync("idle", now, later, 100, None)).ShouldBeEmpty();
            (await _outbox.ForgetInboxAsync(now, 100, None)).ShouldBe(0);
        }

        // The server's own work (a vacuum) takes a number now and then; sixty writes would take sixty.
        (await WrittenAsync()).ShouldBeLessThan(before + 20);
    }

    protected abstract Task<long> WrittenAsync();

    protected abstract Task<List<string>> ExplainAsync(string sql);

    protected abstract string Now(DateTimeOffset at);
}

using Hypernode.Storage.Shared;
using Hypernode.Storage.SQLite;

namespace Hypernode.Storage.Tests;

public sealed class SqliteWriterTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-writer-").FullName;
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SqliteDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _database = new SqliteDatabase(Path.Combine(_folder, "test.db"));
        await _database.WriteAsync(s => s.ExecuteAsync("create table t (n integer primary key)"), default);
    }

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Works_that_wait_together_share_a_transaction_and_none_takes_another_along()
    {
        // While the first is under way the others gather.
        var first = _database.WriteAsync(
            async s =>
            {
                await _held.Task;
                return await InsertAsync(s, 1);
            },
            default);
        var good = _database.WriteAsync(s => InsertAsync(s, 2), default);
        var doubled = _database.WriteAsync(s => InsertAsync(s, 2), default);
        var halfway = _database.WriteAsync<int>(
            async s =>
            {
                await InsertAsync(s, 3);
                throw new InvalidOperationException("changed its mind");
            },
            default);
        var abandoned = _database.WriteAsync(
            async s =>
            {
                s.Abandon();
                return await InsertAsync(s, 4);
            },
            default);
        var cancelled = _database.WriteAsync(s => InsertAsync(s, 5), new CancellationToken(canceled: true));
        var last = _database.WriteAsync(s => InsertAsync(s, 6), default);
        _held.SetResult();

        (await first).ShouldBe(1);
        (await good).ShouldBe(1);
        (await last).ShouldBe(1);
        (await abandoned).ShouldBe(1);
        await doubled.ShouldThrowAsync<Microsoft.Data.Sqlite.SqliteException>();
        (await halfway.ShouldThrowAsync<InvalidOperationException>()).Message.ShouldBe("changed its mind");
        await cancelled.ShouldThrowAsync<OperationCanceledException>();
        (await _database.ReadAsync("select n from t order by n", r => r.Int(0), default)).ShouldBe([1, 2, 6]);
    }

    [Fact]
    public async Task What_gathers_is_written_in_one_transaction()
    {
        var held = _database.WriteAsync(
            async s =>
            {
                await _held.Task;
                return await InsertAsync(s, 0);
            },
            default);
        var seen = new List<int>();
        var works = Enumerable.Range(1, 20).Select(n => _database.WriteAsync(
            async s =>
            {
                // A reader of its own sees only what is committed: nothing of the works before this one.
                seen.Add((await _database.ReadAsync("select count(*) from t", r => r.Int(0), default))[0]);
                return await InsertAsync(s, n);
            },
            default)).ToList();
        _held.SetResult();
        await Task.WhenAll([held, .. works]);

        seen.Distinct().Count().ShouldBeLessThanOrEqualTo(2); // those that came before the first began, and those that came after
        (await _database.ReadAsync("select count(*) from t", r => r.Int(0), default)).ShouldBe([21]);
    }

    private static Task<int> InsertAsync(Session session, int n) => session.ExecuteAsync("insert into t (n) values (@n)", ("n", n));
}

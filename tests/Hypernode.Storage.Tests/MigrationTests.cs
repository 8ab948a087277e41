using Hypernode.Storage.Migrations;
using Hypernode.Storage.PostgreSQL;
using Hypernode.Storage.SQLite;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteMigrationTests(SqliteFixture storage) : MigrationTests(storage), IClassFixture<SqliteFixture>
{
    protected override string Folder => "SQLite";

    private protected override IStorageMigrator Migrator(IReadOnlyList<MigrationScript> scripts) =>
        new SqliteMigrator(Storage.Get<SqliteDatabase>(), TimeProvider.System, scripts);
}

[Trait("Needs", "postgres")]
public sealed class PostgresMigrationTests(PostgresFixture storage) : MigrationTests(storage), IClassFixture<PostgresFixture>
{
    protected override string Folder => "PostgreSQL";

    private protected override IStorageMigrator Migrator(IReadOnlyList<MigrationScript> scripts) =>
        new PostgresMigrator(Storage.Get<PostgresDatabase>(), TimeProvider.System, scripts);
}

public abstract class MigrationTests(StorageFixture storage)
{
    protected StorageFixture Storage => storage;

    protected abstract string Folder { get; }

    private IReadOnlyList<MigrationScript> Shipped => MigrationScript.Embedded(Folder);

    private protected abstract IStorageMigrator Migrator(IReadOnlyList<MigrationScript> scripts);

    [Fact]
    public void Files_are_numbered_from_one_without_gaps() =>
        Shipped.Select(s => s.Number).ShouldBe(Enumerable.Range(1, Shipped.Count));

    [Fact]
    public async Task Migrating_again_and_by_many_hosts_at_once_does_nothing()
    {
        var before = await storage.CountAsync("schema_migrations");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Migrator(Shipped).MigrateAsync(None))));
        (await storage.CountAsync("schema_migrations")).ShouldBe(before);
    }

    [Fact]
    public async Task A_changed_old_file_is_refused_and_nothing_is_applied()
    {
        MigrationScript[] tampered =
        [
            Shipped[0] with { Sql = Shipped[0].Sql + "-- changed" }, .. Shipped.Skip(1),
            new(Shipped.Count + 1, "9998_never", "create table never (id int)"),
        ];
        var refused = await Should.ThrowAsync<MigrationException>(() => Migrator(tampered).MigrateAsync(None));
        refused.Message.ShouldContain(Shipped[0].Name);
        await Should.ThrowAsync<Exception>(() => storage.CountAsync("never"));
    }

    [Fact]
    public async Task A_database_of_a_later_build_is_refused()
    {
        var refused = await Should.ThrowAsync<MigrationException>(() => Migrator([]).MigrateAsync(None));
        refused.Message.ShouldContain("later build");
    }

    [Fact]
    public async Task A_file_that_fails_leaves_nothing_behind()
    {
        var number = Shipped.Count + 1;
        await Should.ThrowAsync<Exception>(() => Migrator([.. Shipped, new(number, "half", "create table half (id int); insert into nowhere values (1);")]).MigrateAsync(None));
        (await storage.CountAsync("schema_migrations", $"number = {number}")).ShouldBe(0);
        await Should.ThrowAsync<Exception>(() => storage.CountAsync("half"));
    }
}

using Hypernode.Storage.Migrations;

namespace Hypernode.Storage.PostgreSQL;

/// <summary>All pending files in one transaction, under an advisory lock: hosts that start together migrate once.</summary>
internal sealed class PostgresMigrator(PostgresDatabase database, TimeProvider clock, IReadOnlyList<MigrationScript> scripts) : IStorageMigrator
{
    private const long LockKey = 0x68797065726e6f64; // "hypernod"

    public Task MigrateAsync(CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            await session.ExecuteAsync("select pg_advisory_xact_lock(@key)", ("key", LockKey));
            await session.ExecuteAsync("create table if not exists schema_migrations (number int primary key, name text not null, sha256 text not null, applied_at timestamptz not null)");
            var applied = await session.QueryAsync("select number, sha256 from schema_migrations", r => (Number: r.GetInt32(0), Sha256: r.GetString(1)));
            foreach (var script in MigrationPlan.Pending(scripts, applied.ToDictionary(a => a.Number, a => a.Sha256)))
            {
                await session.ExecuteAsync(script.Sql);
                await session.ExecuteAsync(
                    "insert into schema_migrations (number, name, sha256, applied_at) values (@number, @name, @sha256, @at)",
                    ("number", script.Number),
                    ("name", script.Name),
                    ("sha256", script.Sha256),
                    ("at", clock.GetUtcNow()));
            }

            return true;
        },
        cancellationToken);
}

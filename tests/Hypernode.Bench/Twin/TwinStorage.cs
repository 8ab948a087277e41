using Npgsql;

namespace Hypernode.Bench.Twin;

/// <summary>A row a job and an outbox, advanced a batch at a time in one transaction.</summary>
internal sealed class TwinStorage(NpgsqlDataSource source) : IAsyncDisposable
{
    /// <summary>The submission and six answers: seven durable steps.</summary>
    public const short LastStep = 7;

    private const string Schema = """
        create table if not exists twin_job (id uuid primary key, step int2 not null, version int not null) with (fillfactor = 70);
        create table if not exists twin_outbox (id uuid not null, step int2 not null, primary key (id, step));
        """;

    private const string DeletePublished = """
        delete from twin_outbox o using unnest($1::uuid[], $2::int2[]) u (id, step) where o.id = u.id and o.step = u.step
        """;

    // Guarded: only the exact next step moves a job, so a message that comes twice changes nothing and causes nothing.
    private const string Advance = """
        with arrived as (select * from unnest($1::uuid[], $2::int2[]) a (id, step)),
        begun as (insert into twin_job (id, step, version) select id, 1, 1 from arrived where step = 0 on conflict do nothing returning id, step),
        moved as (
            update twin_job j set step = j.step + 1, version = j.version + 1
            from arrived a where j.id = a.id and a.step > 0 and j.step = a.step returning j.id, j.step),
        done as (select * from begun union all select * from moved),
        caused as (insert into twin_outbox select id, step from done where step < 7)
        select id, step from done
        """;

    private List<TwinStep> _published = [];

    public static async Task<TwinStorage> OpenAsync(string connectionString)
    {
        var source = NpgsqlDataSource.Create($"{connectionString};Max Auto Prepare=20;Auto Prepare Min Usages=1;No Reset On Close=true");
        await using var schema = source.CreateCommand(Schema);
        await schema.ExecuteNonQueryAsync();
        return new TwinStorage(source);
    }

    /// <summary>One transaction, one round trip: deletes what the broker confirmed of the last batch, moves the jobs, writes what they cause.</summary>
    public async Task<List<TwinStep>> AdvanceAsync(List<TwinStep> arrived)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection);
        if (_published.Count > 0)
        {
            batch.BatchCommands.Add(Command(DeletePublished, _published));
        }

        batch.BatchCommands.Add(Command(Advance, arrived));
        var moved = new List<TwinStep>(arrived.Count);
        await using (var reader = await batch.ExecuteReaderAsync())
        {
            do
            {
                while (await reader.ReadAsync())
                {
                    moved.Add(new TwinStep(reader.GetGuid(0), reader.GetInt16(1)));
                }
            }
            while (await reader.NextResultAsync());
        }

        _published = [.. moved.Where(m => m.Step < LastStep)];
        return moved;
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();

    private static NpgsqlBatchCommand Command(string sql, List<TwinStep> steps) => new(sql)
    {
        Parameters =
        {
            new NpgsqlParameter<Guid[]> { TypedValue = [.. steps.Select(s => s.Job)] },
            new NpgsqlParameter<short[]> { TypedValue = [.. steps.Select(s => s.Step)] },
        },
    };
}

using System.Collections.Concurrent;
using System.Data.Common;
using Hypernode.Contracts.Jobs;
using Hypernode.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Hypernode.Bench.Stack;

/// <summary>
/// Asks the database which of the open jobs have ended: what it says is durable. A hundred times a second for those whose
/// nodes have reported, thirty times when they are many, and every few seconds for all, so that the asking itself costs little.
/// </summary>
internal sealed class EndedJobsReader(IOptions<StorageOptions> storage)
{
    private const string InPostgres = "select job_id, state from jobs where job_id = any(@ids) and completed_at is not null";
    private const string InSqlite = "select job_id, state from jobs where job_id in (select value from json_each(@ids)) and completed_at is not null";
    private const int TurnsBetweenLooksAtAll = 100;
    private const int Many = 8;
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan _pauseOfMany = TimeSpan.FromMilliseconds(33);

    private readonly ConcurrentDictionary<string, byte> _reported = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Action<string>> _open = new(StringComparer.Ordinal);
    private int _reading;

    /// <param name="ended">Called once, with the state that the job ended in.</param>
    public void Expect(JobId job, Action<string> ended)
    {
        _open[job.ToString()] = ended;
        if (Interlocked.Exchange(ref _reading, 1) == 0)
        {
            _ = Task.Run(ReadAsync);
        }
    }

    /// <summary>Its end is near: nothing is left for its node to do.</summary>
    public void Reported(JobId job) => _reported[job.ToString()] = 0;

    private async Task ReadAsync()
    {
        try
        {
            await using var connection = Connect();
            await connection.OpenAsync();
            for (var turn = 1; ; turn++)
            {
                await Task.Delay(_reported.Count > Many ? _pauseOfMany : _pause);
                var ids = turn % TurnsBetweenLooksAtAll == 0 ? _open.Keys : _reported.Keys;
                if (ids.Count > 0)
                {
                    await ReadOnceAsync(connection, [.. ids]);
                }
            }
        }
        catch (Exception e)
        {
            Environment.FailFast("the database can't be asked which jobs have ended", e);
        }
    }

    private async Task ReadOnceAsync(DbConnection connection, string[] ids)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = connection is NpgsqlConnection ? InPostgres : InSqlite;
        var parameter = command.CreateParameter();
        parameter.ParameterName = "ids";
        parameter.Value = connection is NpgsqlConnection ? ids : System.Text.Json.JsonSerializer.Serialize(ids);
        command.Parameters.Add(parameter);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            _reported.TryRemove(reader.GetString(0), out _);
            if (_open.TryRemove(reader.GetString(0), out var ended))
            {
                ended(reader.GetString(1));
            }
        }
    }

    private DbConnection Connect() => storage.Value.Provider == StorageProviders.Postgres
        ? new NpgsqlConnection($"{storage.Value.ConnectionString};Max Auto Prepare=5;Auto Prepare Min Usages=2")
        : new SqliteConnection($"Data Source={storage.Value.Path};Mode=ReadOnly");
}

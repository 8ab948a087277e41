using System.Data.Common;

namespace Hypernode.Storage.Shared;

/// <summary>A named parameter: the name without its @.</summary>
internal readonly record struct Parameter(string Name, object? Value)
{
    public static implicit operator Parameter((string Name, object? Value) pair) => new(pair.Name, pair.Value);
}

/// <summary>One write transaction, in the SQL that both storages speak.</summary>
internal sealed class Session(
    DbTransaction transaction,
    Func<string, DbCommand> commandOf,
    Func<object?, object> valueOf,
    CancellationToken cancellationToken)
{
    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>Set: the transaction is rolled back when the work returns.</summary>
    public bool Abandoned { get; private set; }

    public void Abandon() => Abandoned = true;

    /// <summary>Rows affected.</summary>
    public Task<int> ExecuteAsync(string sql, params Parameter[] parameters) =>
        Prepare(sql, parameters).ExecuteNonQueryAsync(cancellationToken);

    /// <summary>The same statement for each set of parameters: one round trip where the storage can.</summary>
    /// <returns>Rows affected by all of them.</returns>
    public async Task<int> ExecuteEachAsync(string sql, IEnumerable<Parameter[]> rows)
    {
        var connection = transaction.Connection!;
        if (!connection.CanCreateBatch)
        {
            var affected = 0;
            foreach (var row in rows)
            {
                affected += await ExecuteAsync(sql, row);
            }

            return affected;
        }

        await using var batch = connection.CreateBatch();
        batch.Transaction = transaction;
        foreach (var row in rows)
        {
            var command = batch.CreateBatchCommand();
            command.CommandText = sql;
            foreach (var (name, value) in row)
            {
                var parameter = command.CreateParameter();
                parameter.ParameterName = name;
                parameter.Value = valueOf(value);
                command.Parameters.Add(parameter);
            }

            batch.BatchCommands.Add(command);
        }

        return batch.BatchCommands.Count == 0 ? 0 : await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> read, params Parameter[] parameters)
    {
        var rows = new List<T>();
        await using var reader = await Prepare(sql, parameters).ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <summary>Whether the query finds a row.</summary>
    public async Task<bool> ExistsAsync(string sql, params Parameter[] parameters) =>
        await FirstAsync(sql, parameters) is not null;

    /// <summary>The first column of the first row; null when there is none.</summary>
    public async Task<object?> FirstAsync(string sql, params Parameter[] parameters) =>
        await Prepare(sql, parameters).ExecuteScalarAsync(cancellationToken) is { } value and not DBNull ? value : null;

    /// <summary>A command that was kept from an earlier call gets new values: the same text has the same parameters in the same order.</summary>
    public static void Fill(DbCommand command, Parameter[] parameters, Func<object?, object> valueOf)
    {
        if (command.Parameters.Count == 0)
        {
            foreach (var (name, value) in parameters)
            {
                var parameter = command.CreateParameter();
                parameter.ParameterName = "@" + name; // as the text has it: without it SQLite's driver tries every prefix, at each call
                parameter.Value = valueOf(value);
                command.Parameters.Add(parameter);
            }

            return;
        }

        for (var i = 0; i < parameters.Length; i++)
        {
            var kept = command.Parameters[i];
            kept.Value = kept.ParameterName.AsSpan(1).SequenceEqual(parameters[i].Name)
                ? valueOf(parameters[i].Value)
                : throw new InvalidOperationException($"one text, and {kept.ParameterName} where @{parameters[i].Name} was given");
        }
    }

    private DbCommand Prepare(string sql, Parameter[] parameters)
    {
        var command = commandOf(sql);
        command.Transaction = transaction;
        Fill(command, parameters, valueOf);
        return command;
    }
}

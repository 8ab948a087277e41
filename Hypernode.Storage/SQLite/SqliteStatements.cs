using Hypernode.Storage.Shared;
using Microsoft.Data.Sqlite;

namespace Hypernode.Storage.SQLite;

/// <summary>A connection and its statements, compiled once: they are few and constant. Used by one at a time.</summary>
internal sealed class SqliteStatements : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _commands = [];

    public SqliteStatements(string connectionString)
    {
        Connection = new SqliteConnection(connectionString);
        Connection.Open();
    }

    public SqliteConnection Connection { get; }

    public SqliteCommand Command(string sql)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = Connection.CreateCommand();
            command.CommandText = sql;
            _commands[sql] = command;
        }

        return command;
    }

    public List<T> Read<T>(string sql, Func<Row, T> read, Parameter[] parameters)
    {
        var command = Command(sql);
        Session.Fill(command, parameters, StoredValue.ForSqlite);
        var rows = new List<T>();
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            rows.Add(read(new Row(reader, TimesAreNumbers: true)));
        }

        return rows;
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }

        Connection.Dispose();
    }
}

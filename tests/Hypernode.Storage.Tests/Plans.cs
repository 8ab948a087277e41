using System.Data.Common;
using Hypernode.Storage.Model;
using Hypernode.Storage.Shared;
using Microsoft.EntityFrameworkCore;

namespace Hypernode.Storage.Tests;

/// <summary>How the database means to read what it is asked for.</summary>
internal static class Plans
{
    /// <summary>Stands where rows have to be put in order after they were read.</summary>
    public const string Sorts = "SORTS";

    /// <summary>So few rows are read faster without an index: what can use one is to say so.</summary>
    private static readonly string[] Willing = ["set local enable_seqscan = off", "set local enable_sort = off", "set local enable_incremental_sort = off", "set local enable_bitmapscan = off"];

    public static async Task<string> OfAsync(StorageFixture storage, string sql, params Parameter[] parameters) => Of(await storage.Get<Database>().WriteAsync(
        async session =>
        {
            session.Abandon();
            if (storage is SqliteFixture)
            {
                return await session.QueryAsync($"explain query plan {sql}", r => r.GetString(3), parameters);
            }

            foreach (var setting in Willing)
            {
                await session.ExecuteAsync(setting);
            }

            return await session.QueryAsync($"explain {sql}", r => r.GetString(0), parameters);
        },
        CancellationToken.None));

    public static async Task<string> OfAsync<T>(StorageFixture storage, Func<HypernodeDb, IQueryable<T>> query)
    {
        await using var db = storage.Get<Database>().NewContext();
        await using var transaction = await db.Database.BeginTransactionAsync();
        await using var command = query(db).CreateDbCommand();
        if (storage is not SqliteFixture)
        {
            foreach (var setting in Willing)
            {
                await db.Database.ExecuteSqlRawAsync(setting);
            }
        }

        command.CommandText = $"{(storage is SqliteFixture ? "explain query plan" : "explain")} {command.CommandText}";
        await using DbDataReader reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
        {
            lines.Add(reader.GetString(storage is SqliteFixture ? 3 : 0));
        }

        return Of(lines);
    }

    private static string Of(IEnumerable<string> lines) => string.Join('\n', lines)
        .Replace("sqlite_autoindex_nodes_1", "nodes_pkey", StringComparison.Ordinal)
        .Replace("USE TEMP B-TREE FOR ORDER BY", Sorts, StringComparison.Ordinal)
        .Replace("USE TEMP B-TREE FOR RIGHT PART OF ORDER BY", Sorts, StringComparison.Ordinal)
        .Replace("USE TEMP B-TREE FOR LAST TERM OF ORDER BY", Sorts, StringComparison.Ordinal)
        .Replace("Sort Key", Sorts, StringComparison.Ordinal);
}

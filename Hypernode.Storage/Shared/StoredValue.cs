using System.Runtime.CompilerServices;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Storage.Shared;

/// <summary>How values stand in columns, the same on both storages but for times, UUIDs and booleans.</summary>
internal static class StoredValue
{
    /// <summary>Whole milliseconds: what the API shows is what a page's position compares with, on both storages.</summary>
    public static DateTimeOffset Truncate(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    public static DateTimeOffset? Truncate(DateTimeOffset? time) => time is { } known ? Truncate(known) : null;

    /// <exception cref="OverflowException">More than a bigint holds.</exception>
    public static long Of(HyperAmount amount) => checked((long)amount.BaseUnits);

    public static HyperAmount Amount(long stored) => new(checked((ulong)stored));

    /// <summary>PostgreSQL's text holds no NUL; free text of others may.</summary>
    public static string? Clean(string? text) => text?.Replace("\0", "", StringComparison.Ordinal);

    public static object ForPostgres(object? value) => value switch
    {
        null => DBNull.Value,
        DateTimeOffset time => Truncate(time),
        _ => Plain(value),
    };

    public static object ForSqlite(object? value) => value switch
    {
        null => DBNull.Value,
        DateTimeOffset time => time.ToUnixTimeMilliseconds(),
        Guid id => id.ToString("D"),
        bool flag => flag ? 1L : 0L,
        _ => Plain(value),
    };

    private static object Plain(object value) => value switch
    {
        HyperAmount amount => Of(amount),
        JobId or NodeId or IntentId or WalletAddress or Hash256 => value.ToString()!,
        ITuple or Enum => throw new ArgumentException($"{value.GetType().Name} has no column form", nameof(value)),
        _ => value,
    };
}

using System.Text.RegularExpressions;
using Npgsql;

namespace Hypernode.Storage.PostgreSQL;

/// <summary>
/// A constant statement, written with <c>@names</c> and turned into <c>$1, $2, …</c> once: Npgsql rewrites names at every call,
/// which costs more than small statements do.
/// </summary>
internal sealed partial class PostgresStatement
{
    private readonly Dictionary<string, int> _places = [];

    public PostgresStatement(string sql) =>
        Text = Place().Replace(sql, match =>
        {
            var name = match.Groups["name"].Value;
            if (!_places.TryGetValue(name, out var place))
            {
                _places[name] = place = _places.Count + 1;
            }

            return "$" + place;
        });

    public string Text { get; }

    public static (string Name, NpgsqlParameter Value) Of<T>(string name, T value) => (name, new NpgsqlParameter<T> { TypedValue = value });

    public NpgsqlBatchCommand InBatch(params IReadOnlyCollection<(string Name, NpgsqlParameter Value)> values)
    {
        var command = new NpgsqlBatchCommand(Text);
        Fill(command.Parameters, values);
        return command;
    }

    public NpgsqlCommand On(NpgsqlDataSource source, params IReadOnlyCollection<(string Name, NpgsqlParameter Value)> values)
    {
        var command = source.CreateCommand(Text);
        Fill(command.Parameters, values);
        return command;
    }

    /// <exception cref="ArgumentException">A name that the statement has no place for, or a place without a value.</exception>
    private void Fill(NpgsqlParameterCollection parameters, IReadOnlyCollection<(string Name, NpgsqlParameter Value)> values)
    {
        var ordered = new NpgsqlParameter[_places.Count];
        foreach (var (name, value) in values)
        {
            if (!_places.TryGetValue(name, out var place))
            {
                throw new ArgumentException($"the statement has no @{name}", nameof(values));
            }

            ordered[place - 1] = value;
        }

        foreach (var parameter in ordered)
        {
            parameters.Add(parameter ?? throw new ArgumentException($"{values.Count} values for {_places.Count} places", nameof(values)));
        }
    }

    [GeneratedRegex("@(?<name>[a-z_]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Place();
}

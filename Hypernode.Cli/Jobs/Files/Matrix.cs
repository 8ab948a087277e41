using System.Text.Json;

namespace Hypernode.Cli.Jobs.Files;

/// <summary>The parameters of a sweep, and the combinations that they make.</summary>
internal static class Matrix
{
    /// <summary>Jobs of one run: each is an escrow of its own.</summary>
    public const int MaxJobs = 256;

    /// <summary>The parameters' names, also where something is wrong with their values.</summary>
    public static IReadOnlyCollection<string> Names(Node? matrix) => [.. Parameters(matrix).Select(m => m.Name)];

    /// <returns>In the order of the file, the last parameter the fastest; one without values where there is no matrix.</returns>
    public static IReadOnlyList<Combination> Expand(Node? matrix, ICollection<FileProblem> problems)
    {
        if (matrix is not { Kind: JsonValueKind.Object })
        {
            return [Combination.None];
        }

        var parameters = Parameters(matrix).ToList();
        foreach (var (parameter, value) in parameters.Concat(matrix["include"]?.Items.SelectMany(i => i.Members) ?? []).SelectMany(p => p.Value.Items.Prepend(p.Value).Select(v => (p, v))))
        {
            if (value.Kind == JsonValueKind.String && Substitution.Has(value.Text))
            {
                problems.Add(FileProblem.At(value, $"matrix.{parameter.Name}", "a value is put in as it is: it can't hold a ${{ … }} of its own"));
            }
        }

        var include = Listed(matrix, "include", parameters, whole: true, problems);
        var exclude = Listed(matrix, "exclude", parameters, whole: false, problems);
        foreach (var parameter in parameters.Where(p => p.Value.Items.Select(i => i.Text).Distinct(StringComparer.Ordinal).Count() < p.Value.Items.Count))
        {
            problems.Add(FileProblem.At(parameter, $"matrix.{parameter.Name}", "has a value twice: it would be paid for twice"));
        }

        var product = parameters.Aggregate(1L, (n, p) => Math.Min(n * p.Value.Items.Count, int.MaxValue));
        if (product > MaxJobs * 16L)
        {
            problems.Add(FileProblem.At(matrix, "matrix", $"makes {product} combinations; a run has at most {MaxJobs} jobs"));
            return [];
        }

        IEnumerable<IReadOnlyList<KeyValuePair<string, string>>> all = parameters.Count == 0 ? [] : [[]];
        foreach (var parameter in parameters)
        {
            all = all.SelectMany(c => parameter.Value.Items.Select(v => (IReadOnlyList<KeyValuePair<string, string>>)[.. c, KeyValuePair.Create(parameter.Name, v.Text)]));
        }

        var left = all.Select(values => new Combination(values)).Where(c => !exclude.Any(e => e.All(v => c[v.Key] == v.Value))).ToList();
        left.AddRange(include.Select(i => new Combination([.. parameters.Select(p => KeyValuePair.Create(p.Name, i.GetValueOrDefault(p.Name, "")))])));
        if (matrix.Find("include") is { } added && left.Select(c => string.Join('\n', c.Values)).Distinct(StringComparer.Ordinal).Count() < left.Count)
        {
            problems.Add(FileProblem.At(added, "matrix.include", "adds a combination that is there already: it would be paid for twice"));
        }

        if (left.Count == 0)
        {
            problems.Add(FileProblem.At(matrix, "matrix", "leaves no combination"));
        }

        return left;
    }

    private static IEnumerable<Member> Parameters(Node? matrix) =>
        (matrix?.Members ?? []).Where(m => m.Name is not ("include" or "exclude"));

    private static List<Dictionary<string, string>> Listed(Node matrix, string name, IReadOnlyList<Member> parameters, bool whole, ICollection<FileProblem> problems)
    {
        var all = new List<Dictionary<string, string>>();
        var items = matrix[name]?.Items ?? [];
        for (var i = 0; i < items.Count; i++)
        {
            var path = $"matrix.{name}[{i}]";
            foreach (var unknown in items[i].Members.Where(m => !parameters.Any(p => p.Name == m.Name)))
            {
                problems.Add(FileProblem.At(unknown, $"{path}.{unknown.Name}", "is no parameter of the matrix", FileProblem.Nearest(unknown.Name, parameters.Select(p => p.Name))));
            }

            if (whole && parameters.FirstOrDefault(p => items[i][p.Name] is null) is { } missing)
            {
                problems.Add(FileProblem.At(items[i], path, $"must give each parameter a value, and {missing.Name} has none"));
            }

            // A rule that fits nothing is a mistake: what it was to keep out would be paid for.
            if (!whole && items[i].Members.FirstOrDefault(m => parameters.FirstOrDefault(p => p.Name == m.Name) is { } p && !p.Value.Items.Any(v => v.Text == m.Value.Text)) is { } none)
            {
                problems.Add(FileProblem.At(none.Value, $"{path}.{none.Name}", $"is no value of {none.Name}: it would exclude nothing"));
            }

            all.Add(items[i].Members.ToDictionary(m => m.Name, m => m.Value.Text, StringComparer.Ordinal));
        }

        return all;
    }
}

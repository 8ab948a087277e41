using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Hypernode.Cli.Jobs.Files;

/// <summary>One value for each parameter of a matrix, as they are written.</summary>
internal sealed partial record Combination(IReadOnlyList<KeyValuePair<string, string>> Values)
{
    private const int MaxName = 80;

    public static Combination None { get; } = new([]);

    /// <summary>As <c>lr=0.1,seed=3</c>: fit for a folder's name, and not always one of a kind.</summary>
    public string Name
    {
        get
        {
            var name = Unfit().Replace(string.Join(',', Values.Select(v => $"{v.Key}={v.Value}")), "_");
            return name.Length <= MaxName ? name : name[..MaxName];
        }
    }

    public string? this[string parameter] => Values.Where(v => v.Key == parameter).Select(v => v.Value).FirstOrDefault();

    [GeneratedRegex("[^A-Za-z0-9._=,-]", RegexOptions.NonBacktracking)]
    private static partial Regex Unfit();
}

/// <summary>Puts a combination's values where <c>${{ matrix.NAME }}</c> stands; <c>$${{</c> stands for itself.</summary>
internal static partial class Substitution
{
    /// <summary>Notes the names that are no parameters.</summary>
    public static void Check(Node node, string path, IReadOnlyCollection<string> parameters, ICollection<FileProblem> problems)
    {
        switch (node.Kind)
        {
            case JsonValueKind.String:
                CheckText(node, path, parameters, problems);
                break;
            case JsonValueKind.Array:
                for (var i = 0; i < node.Items.Count; i++)
                {
                    Check(node.Items[i], $"{path}[{i}]", parameters, problems);
                }

                break;
            case JsonValueKind.Object:
                foreach (var member in node.Members.Where(m => path.Length > 0 || m.Name != "matrix"))
                {
                    Check(member.Value, FileProblem.Join(path, member.Name), parameters, problems);
                }

                break;
        }
    }

    /// <summary>True where a text would have something put into it.</summary>
    public static bool Has(string text) => Place().Matches(text).Any(m => !m.Groups["escape"].Success);

    /// <summary>The same tree with the values in it. In limits and estimatedTime a value that is a number becomes one.</summary>
    public static Node Apply(Node node, Combination combination, bool numbers = false) => node.Kind switch
    {
        JsonValueKind.String => ApplyText(node, combination, numbers),
        JsonValueKind.Array => node with { Items = [.. node.Items.Select(i => Apply(i, combination))] },
        JsonValueKind.Object => node with
        {
            Members = [.. node.Members.Select(m => m with { Value = Apply(m.Value, combination, numbers || m.Name is "limits" or "estimatedTime") })],
        },
        _ => node,
    };

    private static Node ApplyText(Node node, Combination combination, bool numbers)
    {
        var text = Place().Replace(node.Text, m => m.Groups["escape"].Success ? m.Value[1..] : combination[m.Groups["name"].Value] ?? m.Value);
        return node with { Text = text, Kind = numbers && text != node.Text && long.TryParse(text, out _) ? JsonValueKind.Number : node.Kind };
    }

    private static void CheckText(Node node, string path, IReadOnlyCollection<string> parameters, ICollection<FileProblem> problems)
    {
        foreach (var place in Place().Matches(node.Text).Where(m => !m.Groups["escape"].Success))
        {
            if (!place.Groups["name"].Success)
            {
                problems.Add(FileProblem.At(node, path, $"{Shown(place.Value)} is none of ${{{{ matrix.NAME }}}}; write $${{{{ where it shall stand for itself"));
            }
            else if (!parameters.Contains(place.Groups["name"].Value, StringComparer.Ordinal))
            {
                var name = place.Groups["name"].Value;
                problems.Add(FileProblem.At(
                    node, path, parameters.Count == 0 ? $"matrix.{name}: there is no matrix" : $"matrix.{name} is no parameter of the matrix", FileProblem.Nearest(name, parameters)));
            }
        }
    }

    private static string Shown(string place) => place.Length <= 40 ? place : new StringBuilder(place, 0, 40, 44).Append("...").ToString();

    [GeneratedRegex(@"(?<escape>\$)?\$\{\{(?: *matrix\.(?<name>[A-Za-z_][A-Za-z0-9_]*) *\}\}|[^}]*\}?\}?)")]
    private static partial Regex Place();
}

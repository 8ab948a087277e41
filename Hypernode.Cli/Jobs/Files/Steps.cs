using System.Text.Json;

namespace Hypernode.Cli.Jobs.Files;

/// <summary>Steps of a job file: who needs whom, and what may be known of it before anything is paid.</summary>
internal static class Steps
{
    private static readonly string[] Defaults = ["amount", "type", "image", "limits", "estimatedTime", "env", "network", "networkAllow", "description", "nodes", "encryption"];

    /// <summary>Unknown needs, cycles, and files that an earlier step does not leave.</summary>
    public static void Check(Node steps, ICollection<FileProblem> problems)
    {
        var names = steps.Members.Select(m => m.Name).ToList();
        foreach (var (name, _, _, step) in steps.Members)
        {
            foreach (var (node, path, needed) in References(step, $"steps.{name}"))
            {
                if (needed == name)
                {
                    problems.Add(FileProblem.At(node, path, "a step can't need itself"));
                }
                else if (!names.Contains(needed, StringComparer.Ordinal))
                {
                    problems.Add(FileProblem.At(node, path, $"there is no step {needed}", FileProblem.Nearest(needed, names.Where(n => n != name))));
                }
            }

            CheckInputs(steps, name, step, problems);
        }

        if (Order(steps, out var cycle).Count < names.Count)
        {
            var first = steps.Find(cycle[0])!;
            problems.Add(FileProblem.At(first, $"steps.{first.Name}", $"the steps need each other in a circle: {string.Join(" needs ", cycle)}"));
        }
    }

    /// <summary>Each step after those that it needs; those of a circle are left out.</summary>
    public static IReadOnlyList<string> Order(Node steps, out IReadOnlyList<string> cycle)
    {
        var order = new List<string>();
        var left = steps.Members.ToDictionary(m => m.Name, m => Needs(m.Value).Where(n => steps.Find(n) is not null && n != m.Name).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        while (steps.Members.FirstOrDefault(m => left.ContainsKey(m.Name) && left[m.Name].All(n => !left.ContainsKey(n))) is { } next)
        {
            left.Remove(next.Name);
            order.Add(next.Name);
        }

        var walk = new List<string>();
        for (var at = left.Keys.FirstOrDefault(); at is not null && !walk.Contains(at, StringComparer.Ordinal); at = left[at].First(left.ContainsKey))
        {
            walk.Add(at);
        }

        cycle = walk.Count == 0 ? [] : Circle(walk, left);
        return order;
    }

    /// <summary>By <c>needs</c>, and by <c>from</c> of its inputs.</summary>
    public static IEnumerable<string> Needs(Node step) => References(step, "").Select(r => r.Needed).Distinct(StringComparer.Ordinal);

    /// <summary>The step with what stands beside steps where it says nothing itself; limits and env field by field.</summary>
    public static Node Merge(Node file, Node step)
    {
        foreach (var name in Defaults)
        {
            // A step of one network is not to get the list of another.
            if (file[name] is not { } other || (name == "networkAllow" && step["network"] is not null) || (name == "env" && step["script"] is null))
            {
                continue;
            }

            if (step[name] is not { } own)
            {
                step = step.With(name, other);
            }
            else if (name is "limits" or "env" && own.Kind == JsonValueKind.Object && other.Kind == JsonValueKind.Object)
            {
                step = step.With(name, other.Members.Where(m => own.Find(m.Name) is null).Aggregate(own, (all, m) => all with { Members = [.. all.Members, m] }));
            }
        }

        return step;
    }

    private static void CheckInputs(Node steps, string name, Node step, ICollection<FileProblem> problems)
    {
        var inputs = step["inputs"]?.Items ?? [];
        for (var i = 0; i < inputs.Count; i++)
        {
            if (inputs[i].TextOf("from") is not { } from || steps[from] is not { } source)
            {
                continue;
            }

            if (source["outputs"] is { Items: var outputs } && inputs[i].TextOf("path") is { } path && !outputs.Any(o => o.Text == path) && !Substitution.Has(path) && !outputs.Any(o => Substitution.Has(o.Text)))
            {
                problems.Add(FileProblem.At(inputs[i]["path"]!, $"steps.{name}.inputs[{i}].path", $"{from} leaves no {path}, by its outputs", FileProblem.Nearest(path, outputs.Select(o => o.Text))));
            }

            if (source["encryption"] is not null)
            {
                problems.Add(FileProblem.At(inputs[i]["from"]!, $"steps.{name}.inputs[{i}].from", $"what {from} leaves is sealed to a wallet: another job can't read it"));
            }
        }
    }

    private static IEnumerable<(Node Node, string Path, string Needed)> References(Node step, string path)
    {
        var needs = step["needs"]?.Items ?? [];
        for (var i = 0; i < needs.Count; i++)
        {
            if (needs[i].Kind == JsonValueKind.String)
            {
                yield return (needs[i], $"{path}.needs[{i}]", needs[i].Text);
            }
        }

        var inputs = step["inputs"]?.Items ?? [];
        for (var i = 0; i < inputs.Count; i++)
        {
            if (inputs[i].TextOf("from") is { } from)
            {
                yield return (inputs[i]["from"]!, $"{path}.inputs[{i}].from", from);
            }
        }
    }

    private static IReadOnlyList<string> Circle(List<string> walk, Dictionary<string, HashSet<string>> left)
    {
        var back = left[walk[^1]].First(left.ContainsKey);
        return [.. walk.Skip(walk.IndexOf(back)), back];
    }
}

using System.Text.RegularExpressions;

namespace Hypernode.Architecture.Tests;

/// <summary>SECURITY.md says which test holds which attack: a test that is renamed or gone must not stay a promise.</summary>
public class ThreatModelTests
{
    private static readonly string Tests = Path.Combine(Projects.Root, "tests");

    /// <summary>What stands in backticks in the last column of the tables under "Threats".</summary>
    private static IReadOnlyList<string> Named { get; } =
    [
        .. Regex.Match(File.ReadAllText(Path.Combine(Projects.Root, "SECURITY.md")), @"^## Threats.*?(?=^## )", RegexOptions.Singleline | RegexOptions.Multiline).Value
            .Split('\n')
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && line.Contains('`', StringComparison.Ordinal))
            .SelectMany(line => Regex.Matches(line.TrimEnd(' ', '|').Split(" | ")[^1], "`([^`]+)`"))
            .Select(m => m.Groups[1].Value)
            .Distinct(),
    ];

    private static IReadOnlyDictionary<string, string> Classes { get; } = Directory
        .EnumerateFiles(Tests, "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))
        .Select(File.ReadAllText)
        .SelectMany(text => Regex.Matches(text, @"\bclass (\w+)").Select(m => (Name: m.Groups[1].Value, Text: text)))
        .GroupBy(c => c.Name, StringComparer.Ordinal)
        .ToDictionary(g => g.Key, g => string.Concat(g.Select(c => c.Text)), StringComparer.Ordinal);

    [Fact]
    public void Every_test_that_the_threat_model_names_is_there()
    {
        Named.Count.ShouldBeGreaterThan(30, "the tables could not be read");
        Named.Where(name => !IsThere(name)).ShouldBeEmpty();
    }

    /// <summary><c>Class</c>, <c>Class.Method</c> or a file of the programs' tests.</summary>
    private static bool IsThere(string name) => name.EndsWith(".cjs", StringComparison.Ordinal)
        ? File.Exists(Path.Combine(Tests, "programs", name))
        : name.Split('.') is [var type, .. var method] && Classes.TryGetValue(type, out var text)
            && method.All(m => Regex.IsMatch(text, $@"\b{m}\s*\("));
}

using System.Text.RegularExpressions;

namespace Hypernode.Architecture.Tests;

/// <summary>The container images' definitions, as far as they can be judged without pulling what they build on.</summary>
public class ImageTests
{
    private static IEnumerable<string> Files => Directory.EnumerateFiles(Path.Combine(Projects.Root, "ops", "docker"), "*.Dockerfile");

    public static TheoryData<string> All => [.. Files.Select(f => Path.GetFileName(f))];

    [Theory]
    [MemberData(nameof(All))]
    public void What_it_copies_is_there(string file) => Copied(file)
        .Where(source => !Path.Exists(Path.Combine(Projects.Root, source)))
        .ShouldBeEmpty();

    /// <summary>A reference that is added later must not be found missing only where the image is built.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void It_copies_all_that_its_program_is_built_from(string file)
    {
        var programs = Regex.Matches(Read(file), @"dotnet publish (\S+)").Select(m => m.Groups[1].Value);
        programs.SelectMany(Closure).Distinct().Except(Copied(file)).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Its_bases_are_pinned_to_a_patch(string file)
    {
        var text = Read(file);
        var arguments = Regex.Matches(text, @"^ARG (\w+)=(\S+)", RegexOptions.Multiline).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
        Regex.Matches(text, @"^FROM (\S+)", RegexOptions.Multiline)
            .Select(m => Regex.Replace(m.Groups[1].Value, @"\$\{(\w+)\}", a => arguments[a.Groups[1].Value]))
            .ShouldAllBe(image => Regex.IsMatch(image, @":\d+\.\d+\.\d+[a-z0-9.-]*$"));
    }

    private static IEnumerable<string> Closure(string project) =>
        Projects.Product[project].References.SelectMany(Closure).Append(project);

    private static IReadOnlyList<string> Copied(string file) =>
    [
        .. Read(file).Split('\n')
            .Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from", StringComparison.Ordinal))
            .SelectMany(line => line.Split(' ')[1..^1]),
    ];

    private static string Read(string file) => File.ReadAllText(Path.Combine(Projects.Root, "ops", "docker", file));
}

using System.Xml.Linq;

namespace Hypernode.Architecture.Tests;

/// <summary>The solution's projects, as their files say it.</summary>
internal static class Projects
{
    public static string Root { get; } = FindRoot();

    /// <summary>By name, the projects at the top level: the product.</summary>
    public static IReadOnlyDictionary<string, Project> Product { get; } = Directory
        .EnumerateDirectories(Root, "Hypernode.*")
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*.csproj"))
        .Select(Project.Read)
        .ToDictionary(p => p.Name, StringComparer.Ordinal);

    public static IEnumerable<string> Sources(string project) => Directory
        .EnumerateFiles(Path.Combine(Root, project), "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Contains("/bin/", StringComparison.Ordinal) && !f.Contains("/obj/", StringComparison.Ordinal));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Hypernode.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("These tests run from inside the repository.");
    }
}

internal sealed record Project(string Name, string File, IReadOnlyList<string> References, IReadOnlyList<string> Packages)
{
    public static Project Read(string file)
    {
        var items = XDocument.Load(file).Descendants().ToList();
        IReadOnlyList<string> Includes(string element) =>
            [.. items.Where(e => e.Name.LocalName == element).Select(e => e.Attribute("Include")?.Value).OfType<string>()];
        return new Project(
            Path.GetFileNameWithoutExtension(file),
            file,
            [.. Includes("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Replace('\\', '/')))],
            Includes("PackageReference"));
    }
}

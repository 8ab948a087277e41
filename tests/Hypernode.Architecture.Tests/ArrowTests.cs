using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Hypernode.Architecture.Tests;

/// <summary>Who may import whom. An arrow that is missing here needs a reason in ARCHITECTURE.md.</summary>
public class ArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Hypernode.Contracts"] = [],
        ["Hypernode.Solana"] = [],
        ["Hypernode.Sagas"] = ["Hypernode.Contracts"],
        ["Hypernode.Storage"] = ["Hypernode.Contracts"],
        ["Hypernode.Workers"] = ["Hypernode.Contracts", "Hypernode.Solana"],
        ["Hypernode.Api"] = ["Hypernode.Contracts"],
        ["Hypernode.NodeAgent"] = ["Hypernode.Contracts", "Hypernode.Solana"],
        ["Hypernode.Client"] = ["Hypernode.Contracts"],
        ["Hypernode.Cli"] = ["Hypernode.Client", "Hypernode.Contracts", "Hypernode.Solana", "Hypernode.NodeAgent"],
        ["Hypernode.Host"] =
        [
            "Hypernode.Contracts", "Hypernode.Sagas", "Hypernode.Storage", "Hypernode.Workers", "Hypernode.Solana", "Hypernode.Api", "Hypernode.NodeAgent",
        ],
    };

    public static TheoryData<string> Names => [.. Projects.Product.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_project_refers_only_to_those_it_may(string name)
    {
        Allowed.ShouldContainKey(name, "a new top-level project needs its arrows here and its reason in ARCHITECTURE.md");
        Projects.Product[name].References.Except(Allowed[name]).ShouldBeEmpty();
    }

    /// <summary>References are transitive: what a project was never given it may not use by way of another.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_project_uses_no_namespace_of_one_it_may_not_know(string name)
    {
        var forbidden = Allowed.Keys.Except(Allowed[name]).Where(other => other != name).ToList();
        var uses = Projects.Sources(name)
            .SelectMany(file => File.ReadLines(file).Select(line => (file, line)))
            .Where(use => forbidden.Any(f => Regex.IsMatch(use.line, $@"^\s*(global )?using (static )?{Regex.Escape(f)}[.;]")))
            .Select(use => $"{Path.GetRelativePath(Projects.Root, use.file)}: {use.line.Trim()}");
        uses.ShouldBeEmpty();
    }

    /// <summary>Other people's programs depend on it: it brings nothing along.</summary>
    [Fact]
    public void The_client_refers_to_no_package() => Projects.Product["Hypernode.Client"].Packages.ShouldBeEmpty();

    [Fact]
    public void The_vocabulary_refers_to_no_package() => Projects.Product["Hypernode.Contracts"].Packages.ShouldBeEmpty();

    [Fact]
    public void The_workflow_knows_no_worker_no_chain_and_no_http()
    {
        Projects.Product["Hypernode.Sagas"].Packages.ShouldNotContain(p => p.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
        Projects.Sources("Hypernode.Sagas").SelectMany(File.ReadLines).ShouldNotContain(line => line.StartsWith("using System.Net.Http", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var listed = XDocument.Load(Path.Combine(Projects.Root, "Hypernode.slnx")).Descendants("Project").Select(p => p.Attribute("Path")!.Value).ToHashSet();
        var there = Directory.EnumerateFiles(Projects.Root, "*.csproj", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Projects.Root, f))
            .Where(f => !f.Contains("node_modules", StringComparison.Ordinal) && !f.StartsWith('.'));
        there.Except(listed).ShouldBeEmpty();
    }

    [Fact]
    public void Versions_stand_in_one_place() => Projects.Product.Values
        .Where(p => File.ReadAllText(p.File).Contains(" Version=", StringComparison.Ordinal))
        .Select(p => p.Name)
        .ShouldBeEmpty();

    /// <summary>The clock, randomness and blocking calls: the analyzer bans them, but only where it is not switched off.</summary>
    [Fact]
    public void Banned_calls_are_excused_only_in_adapters() => Projects.Product.Keys
        .SelectMany(Projects.Sources)
        .Where(f => !f.Contains("/Adapters/", StringComparison.Ordinal) && File.ReadAllText(f).Contains("disable RS0030", StringComparison.Ordinal))
        .Select(f => Path.GetRelativePath(Projects.Root, f))
        .ShouldBeEmpty();
}

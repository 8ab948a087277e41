using System.Reflection;

namespace Hypernode.Host.Tests;

public sealed class ConfigurationTests
{
    [Fact]
    public void The_configuration_document_is_the_options_classes()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Hypernode.slnx")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        var path = Path.Combine(folder, "docs", "configuration.md");
        var expected = ConfigurationDocument.Render();
        if (Environment.GetEnvironmentVariable("HYPERNODE_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, expected);
        }

        File.ReadAllText(path).ShouldBe(expected, "stale: run the tests with HYPERNODE_UPDATE_DOCS=1");
    }

    [Fact]
    public void Every_options_class_with_a_section_is_in_the_document()
    {
        var document = ConfigurationDocument.Render();
        var assemblies = typeof(HostOptions).Assembly.GetReferencedAssemblies()
            .Where(a => a.Name is "hypernode-agent" || a.Name!.StartsWith("Hypernode.", StringComparison.Ordinal))
            .Select(Assembly.Load)
            .Append(typeof(HostOptions).Assembly);
        foreach (var section in assemblies.SelectMany(a => a.GetTypes())
            .Select(t => t.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() as string)
            .OfType<string>())
        {
            document.ShouldContain($"`{section}`");
        }
    }

    [Fact]
    public void An_unknown_argument_is_named()
    {
        Should.Throw<ArgumentException>(() => HostArguments.Parse(["--role", "api"])).Message.ShouldContain("--role");
        Should.Throw<ArgumentException>(() => HostArguments.Parse(["--config"])).Message.ShouldContain("--config");
        Should.Throw<ArgumentException>(() => HostArguments.Parse(["--config", "/nowhere.json"])).Message.ShouldContain("/nowhere.json");
    }
}

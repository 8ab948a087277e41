using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Hypernode.Host.Embedded;
using Hypernode.NodeAgent;

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

    [Theory]
    [InlineData("api", BusTransport.Memory, false)]
    [InlineData("sagas,workers", BusTransport.Memory, false)]
    [InlineData("api,sagas,workers", BusTransport.Memory, true)]
    [InlineData("api,sagas,workers,agents", BusTransport.Memory, true)]
    [InlineData("api,sagas,workers,agents", BusTransport.RabbitMq, false)]
    [InlineData("sagas", BusTransport.RabbitMq, true)]
    [InlineData("sagas,workers", BusTransport.RabbitMq, true)]
    [InlineData("api,cook", BusTransport.RabbitMq, false)]
    public void Roles_that_would_never_hear_of_a_job_are_refused(string roles, BusTransport transport, bool valid)
    {
        var options = new HostOptions { Roles = roles, Transport = transport };

        Validator.TryValidateObject(options, new ValidationContext(options), [], validateAllProperties: true).ShouldBe(valid);
    }

    [Theory]
    [InlineData("http://127.0.0.1:0", true)]
    [InlineData("http://localhost:5000", true)]
    [InlineData("http://0.0.0.0:80", false)]
    [InlineData("http://+:80", false)]
    [InlineData("http://[::]:80", false)]
    public void The_process_runtime_is_refused_where_strangers_could_submit(string url, bool allowed)
    {
        var refuse = () => AgentFleet.RefuseUnsandboxed(new AgentOptions { Runtime = AgentRuntime.Process }, new HostOptions { Url = url });

        if (allowed)
        {
            refuse.ShouldNotThrow();
        }
        else
        {
            refuse.ShouldThrow<InvalidOperationException>();
        }

        AgentFleet.RefuseUnsandboxed(new AgentOptions { Runtime = AgentRuntime.Docker }, new HostOptions { Url = url });
    }
}

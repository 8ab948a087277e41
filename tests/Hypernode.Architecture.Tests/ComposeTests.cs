using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Hypernode.Architecture.Tests;

/// <summary>docker-compose.yml, as far as it can be judged without pulling its images.</summary>
public class ComposeTests
{
    private static readonly string File = Path.Combine(Projects.Root, "docker-compose.yml");
    private static readonly string Text = System.IO.File.ReadAllText(File);

    /// <summary>The blocks under <c>services:</c>, by name.</summary>
    private static Dictionary<string, string> Services => Regex
        .Matches(Regex.Match(Text, @"^services:\n(.*?)^\S", RegexOptions.Singleline | RegexOptions.Multiline).Groups[1].Value, @"^  (\w+):\n((?:    .*\n|\s*\n)+)", RegexOptions.Multiline)
        .ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);

    [Fact]
    public void It_describes_the_whole_services_stack() =>
        Services.Keys.ShouldBe(["postgres", "rabbitmq", "localnet", "bootstrap", "api", "sagas", "workers"], ignoreOrder: true);

    [Fact]
    public void Every_image_is_pinned() => Regex
        .Matches(Text, @"image: (\S+)")
        .Select(m => m.Groups[1].Value)
        .ShouldAllBe(image => Regex.IsMatch(image, @"^[a-z/]+:(dev|\d+\.\d+[a-z0-9.-]*)$"));

    [Fact]
    public void Every_service_that_stays_has_a_health_check() => Services
        .Where(s => s.Key != "bootstrap" && !s.Value.Contains("healthcheck:", StringComparison.Ordinal))
        .Select(s => s.Key)
        .ShouldBeEmpty();

    [Fact]
    public void Nothing_is_published_beyond_loopback() => Regex
        .Matches(Text, @"^\s*- ""([^""]+)""\s*(?:#.*)?$", RegexOptions.Multiline)
        .Select(m => m.Groups[1].Value)
        .ShouldAllBe(port => port.StartsWith("127.0.0.1:", StringComparison.Ordinal));

    [Fact]
    public void Every_dockerfile_that_it_builds_is_there() => Regex
        .Matches(Text, @"dockerfile: (\S+)")
        .Select(m => Path.Combine(Projects.Root, m.Groups[1].Value))
        .ShouldAllBe(f => System.IO.File.Exists(f));

    [Fact]
    public void Every_file_that_a_container_reads_is_there() => Regex
        .Matches(Text, @"^\s*- (\./[^:]+):", RegexOptions.Multiline)
        .Select(m => Path.Combine(Projects.Root, m.Groups[1].Value))
        .ShouldAllBe(f => System.IO.File.Exists(f));

    [Fact]
    public void The_broker_and_the_api_name_the_same_door_to_each_other()
    {
        Services["rabbitmq"].ShouldContain("/broker-auth/$$BROKER_AUTH_KEY");
        Services["rabbitmq"].ShouldContain("BROKER_AUTH_KEY: &broker-auth-key");
        Services["api"].ShouldContain("Hypernode__Api__BrokerAuthKey: *broker-auth-key");
        Services.Where(s => s.Value.Contains("*broker-auth-key", StringComparison.Ordinal)).Select(s => s.Key).ShouldBe(["api"]);
    }

    [Fact]
    [Trait("Needs", "docker-compose")]
    public async Task Compose_itself_can_read_it()
    {
        var compose = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(p => Path.Combine(p, "docker-compose")).FirstOrDefault(System.IO.File.Exists)
            ?? throw new InvalidOperationException("docker-compose is not installed: apt-get install docker-compose");

        using var process = Process.Start(new ProcessStartInfo(compose, ["-f", File, "config", "-q"]) { RedirectStandardError = true, UseShellExecute = false })!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, said);
    }
}

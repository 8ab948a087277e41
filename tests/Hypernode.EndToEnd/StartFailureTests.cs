using System.Net;
using System.Net.Sockets;
using Hypernode.Cli;
using Hypernode.Contracts.Jobs;

namespace Hypernode.EndToEnd;

[Trait("Needs", "docker")]
[Trait("Needs", "localnet")]
public class StartFailureTests
{
    /// <summary>The port is bound last: schedulers and connections that have begun by then must neither keep the process nor fill its log.</summary>
    [Fact]
    public async Task A_host_whose_port_is_taken_says_so_and_ends()
    {
        await using var host = await CrashingHost.CreateAsync(new WorkflowWindows());
        using var other = new TcpListener(IPAddress.Loopback, new Uri(host.Plan.Url!).Port);
        other.Start();
        host.Start();
        await Should.ThrowAsync<CliException>(host.WaitUntilReadyAsync);

        host.HasEnded.ShouldBeTrue();
        var log = await File.ReadAllTextAsync(host.LogFile);
        log.ShouldContain("hypernode-host: Failed to bind");
        log.ShouldNotContain("disposed object");
    }
}

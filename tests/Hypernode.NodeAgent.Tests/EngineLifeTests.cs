using System.Net.Sockets;
using Hypernode.NodeAgent.Adapters.Docker;

namespace Hypernode.NodeAgent.Tests;

/// <summary>Who ended a container: it itself, or the engine under it.</summary>
public class EngineLifeTests
{
    private static readonly DateTimeOffset Start = new(2025, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("now", false, 60, 137, false, "the engine never went away: what killed it was the job's own or ours")]
    [InlineData(null, false, 60, 137, false, "made by an agent that did not write it down")]
    [InlineData("before", false, 1, 0, true, "asked to end by the engine that came up, and ended well")]
    [InlineData("before", false, 1, 143, true, "ended by the engine that came up")]
    [InlineData("before", false, -60, 0, false, "had ended before the engine did")]
    [InlineData("before", false, -60, 3, false, "had failed before the engine came down")]
    [InlineData("before", false, -60, 137, true, "may have been killed by a restart before this one")]
    [InlineData("before", true, 60, 0, false, "live-restore: it lived on and ended by itself")]
    [InlineData("before", true, 60, 3, false, "live-restore: it lived on and failed by itself")]
    [InlineData("before", true, 1, 255, true, "a power cut: nobody saw it end")]
    public void Only_a_life_that_began_after_it_can_have_taken_a_container_along(
        string? made, bool keepsContainers, int endedSecondsAfterStart, int exitCode, bool expected, string why) =>
        new EngineLife("now", Start).Took(made, keepsContainers, Start.AddSeconds(endedSecondsAfterStart), exitCode).ShouldBe(expected, why);

    [Fact]
    public void A_life_is_the_process_that_listens_and_since_when()
    {
        var folder = Directory.CreateTempSubdirectory("hypernode-life-").FullName;
        try
        {
            var path = Path.Combine(folder, "socket");
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            socket.Listen();

            var life = EngineLife.Of(path).ShouldNotBeNull();
            life.Id.ShouldContain($"-{Environment.ProcessId}-");
            life.Since.ShouldBeLessThan(TimeProvider.System.GetUtcNow());
            life.Since.ShouldBe(new DateTimeOffset(System.Diagnostics.Process.GetCurrentProcess().StartTime), TimeSpan.FromSeconds(2));
            EngineLife.Of(path)!.Id.ShouldBe(life.Id);
            EngineLife.Of(Path.Combine(folder, "nobody")).ShouldBeNull();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

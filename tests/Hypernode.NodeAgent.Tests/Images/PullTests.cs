using System.Net;
using System.Net.Sockets;
using System.Text;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Images;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.NodeAgent.Tests.Images;

/// <summary>The whole agent, a real engine and a real registry.</summary>
[Trait("Needs", "docker")]
public sealed class PullTests(LocalRegistry registry) : IClassFixture<LocalRegistry>, IDisposable
{
    private readonly TestKit _kit = new();

    public void Dispose() => _kit.Dispose();

    [Fact]
    public async Task An_image_is_pulled_by_its_digest_and_the_log_says_so()
    {
        var image = await registry.PublishAsync();
        await using var agent = await StartAsync();
        var reported = await RunAsync(Job(image));

        reported.Receipt.ExitCode.ShouldBe(0);
        reported.Receipt.ImageDigest.ShouldBe(image);
        var said = _kit.Link.Text("agent").Split('\n');
        said[0].ShouldBe($"pulling image {image}");
        said[1].ShouldStartWith($"image {image} is pulled: 1 of 1 layers, ");
        said[2].ShouldStartWith("attempt 1 started");
        PulledImages.Read(_kit.Folder).Single().Reference.ShouldBe(image);
    }

    [Fact]
    public async Task What_is_not_there_and_what_may_not_be_fetched_is_declined_with_the_reason()
    {
        var image = await registry.PublishAsync();
        await using (await StartAsync())
        {
            (await DeclineAsync(Job(image.Split('@')[0] + "@sha256:" + new string('1', 64)))).Detail.ShouldContain("manifest unknown");
            (await DeclineAsync(Job($"127.0.0.1:{registry.Port}/nothing@sha256:" + new string('1', 64)))).Detail!.ShouldContain("not to be had: ");
            (await DeclineAsync(Job($"127.0.0.1:1/nothing@sha256:" + new string('1', 64)))).Detail!.ShouldContain("refused");
        }

        await using var strict = await StartAsync(o => o.AllowPull = false);
        (await DeclineAsync(Job(image))).Detail.ShouldBe("the engine has no such image");
        (await registry.IsHereAsync(image)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_registry_that_serves_other_bytes_than_the_digest_names_is_found_out()
    {
        var image = await registry.PublishAsync();
        var file = await registry.LayerFileAsync(image);
        var other = await registry.LayerFileAsync(await registry.PublishAsync());
        File.Copy(other, file, overwrite: true);
        await using var agent = await StartAsync();

        var declined = await DeclineAsync(Job(image));
        declined.Reason.ShouldBe("image-unavailable");
        declined.Detail!.ShouldContain("verification failed");
        (await registry.IsHereAsync(image)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_registry_that_stops_answering_holds_an_attempt_no_longer_than_it_may_still_begin()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var image = $"127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}/silent@sha256:" + new string('1', 64);
        await using var agent = await StartAsync(o => o.MaxPullSeconds = 3);

        var declined = await DeclineAsync(Job(image, startWithin: 1_500));
        declined.Detail!.ShouldContain("was not here in time");
        _kit.Link.Text("agent").ShouldContain("pulling image");
    }

    [Fact]
    public async Task Jobs_that_want_one_image_share_one_pull()
    {
        var image = await registry.PublishAsync(2_000_000);
        await using var agent = await StartAsync();
        var (one, two) = (Job(image), Job(image));
        _kit.Link.Command(one);
        _kit.Link.Command(two);
        await _kit.Link.WaitForAsync<AttemptReported>(r => r.Receipt.JobId == one.JobId, seconds: 40);
        await _kit.Link.WaitForAsync<AttemptReported>(r => r.Receipt.JobId == two.JobId, seconds: 40);
        PulledImages.Read(_kit.Folder).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_registry_that_dies_in_the_middle_costs_the_attempt_its_time_and_nothing_else()
    {
        using var relay = new Relay(registry.Port, bytes: 1_000_000);
        var image = Through(relay, await registry.PublishAsync(3_000_000));
        await using var agent = await StartAsync(o => o.MaxPullSeconds = 5);

        (await DeclineAsync(Job(image, startWithin: 2_000))).Detail!.ShouldContain("0 of 1 layers");
        relay.IsDead.ShouldBeTrue();
        (await registry.IsHereAsync(image)).ShouldBeFalse();
        PulledImages.Read(_kit.Folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_image_that_is_too_large_is_not_kept()
    {
        var image = await registry.PublishAsync(3_000_000);
        await using var agent = await StartAsync(o => o.MaxImageMb = 2);
        (await DeclineAsync(Job(image))).Detail!.ShouldContain("2 MiB");
        (await registry.IsHereAsync(image)).ShouldBeFalse();
    }

    [Fact]
    public async Task The_oldest_unused_image_goes_and_never_one_that_runs_or_that_the_operator_brought()
    {
        var operators = await registry.PublishAsync(3_000_000);
        await registry.PullAsOperatorAsync(operators);
        var (running, old, young) = (await registry.PublishAsync(3_000_000), await registry.PublishAsync(3_000_000), await registry.PublishAsync(3_000_000));
        // Each has some 5 MiB: two fit, three do not.
        await using var agent = await StartAsync(o => o.MaxImageCacheMb = 12);
        await RunAsync(Job(operators));
        var long_ = Job(running, "until [ -e /tmp/never ]; do sleep 1; done");
        _kit.Link.Command(long_);
        await _kit.Link.WaitForAsync<AttemptStarted>(s => s.JobId == long_.JobId, seconds: 40);
        await RunAsync(Job(old));
        await RunAsync(Job(young));

        (await registry.IsHereAsync(running)).ShouldBeTrue("it is the oldest, and runs");
        (await registry.IsHereAsync(old)).ShouldBeFalse();
        (await registry.IsHereAsync(young)).ShouldBeTrue();
        (await registry.IsHereAsync(operators)).ShouldBeTrue();
        _kit.Link.Command(new StopJob(long_.JobId, _kit.Node, 1, "over"));
        await Wait.UntilAsync(() => agent.OpenAttempts == 0, 40);
    }

    [Fact]
    public async Task What_the_node_says_that_it_runs_is_there_before_the_first_job()
    {
        var image = await registry.PublishAsync();
        await using var agent = await StartAsync(o => o.Images.Add(image));
        await Wait.UntilAsync(() => PulledImages.Read(_kit.Folder).Count == 1);
        (await registry.IsHereAsync(image)).ShouldBeTrue();
        await RunAsync(Job(image));
        _kit.Link.Text("agent").ShouldNotContain("pull");
    }

    private string Through(Relay relay, string image) => image.Replace($":{registry.Port}/", $":{relay.Port}/", StringComparison.Ordinal);

    private async Task<AgentService> StartAsync(Action<AgentOptions>? change = null)
    {
        var options = _kit.Options;
        options.AllowPull = true;
        change?.Invoke(options);
        var agent = await AgentRegistration.CreateAsync(options, _kit.Link, _kit.Blobs, _kit.Signer, TimeProvider.System, NullLoggerFactory.Instance, default);
        await agent.StartAsync(default);
        return agent;
    }

    private ExecuteJob Job(string image, string script = "echo runs", int startWithin = 30_000)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        return _kit.Execute(new JobSpec(JobType.Custom, image, new JobLimits(1_000, 64, OutputMb: 4), 5, Script: script), now) with { StartBy = now + startWithin };
    }

    private async Task<AttemptReported> RunAsync(ExecuteJob command)
    {
        _kit.Link.Command(command);
        var reported = await _kit.Link.WaitForAsync<AttemptReported>(r => r.Receipt.JobId == command.JobId, seconds: 40);
        _kit.IsSigned(reported).ShouldBeTrue();
        return reported;
    }

    private async Task<AttemptDeclined> DeclineAsync(ExecuteJob command)
    {
        _kit.Link.Command(command);
        var declined = await _kit.Link.WaitForAsync<AttemptDeclined>(d => d.JobId == command.JobId, seconds: 40);
        declined.Reason.ShouldBe("image-unavailable");
        return declined;
    }
}

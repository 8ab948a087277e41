using System.Text.Json.Nodes;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.NodeAgent.Tests;

/// <summary>The jobs that the demo and the docs use do what they say, on the image that they are made for.</summary>
[Trait("Needs", "docker")]
public sealed class ExampleTests(JobImage image) : IClassFixture<JobImage>, IDisposable
{
    private readonly TestKit _kit = new();

    public void Dispose() => _kit.Dispose();

    [Theory]
    [InlineData("word-frequency", 0, 2_000)]
    [InlineData("bad-exit", 3, 2_000)]
    [InlineData("long", 0, 10_000)]
    public async Task An_example_ends_as_it_should_and_takes_its_time(string name, int exitCode, int atLeastMs)
    {
        var folder = Path.Combine(JobImage.Root(), "examples", name);
        var command = _kit.Execute(Read(folder), TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        await using var agent = await AgentRegistration.CreateAsync(
            _kit.Options, _kit.Link, _kit.Blobs, _kit.Signer, TimeProvider.System, NullLoggerFactory.Instance, default);
        await agent.StartAsync(default);
        _kit.Link.Command(command);
        var reported = await _kit.Link.WaitForAsync<AttemptReported>(seconds: 60);
        await Wait.UntilAsync(() => agent.OpenAttempts == 0);

        _kit.ShouldBeProper(reported, command);
        reported.Receipt.ExitCode.ShouldBe(exitCode);
        (reported.Receipt.EndedAt - reported.Receipt.StartedAt).ShouldBeGreaterThanOrEqualTo(atLeastMs);
        var expected = Path.Combine(folder, "expected.sha256");
        var artifacts = reported.Receipt.Artifacts.Select(a => $"{a.Sha256}  {a.Name}");
        artifacts.ShouldBe(File.Exists(expected) ? File.ReadLines(expected) : []);
    }

    private JobSpec Read(string folder)
    {
        var job = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "job.json")))!;
        var inputs = (job["inputs"] as JsonArray ?? []).Select(i => new JobInput(
            i!["name"]!.GetValue<string>(), Hash256.Parse(i["sha256"]!.GetValue<string>()), i["bytes"]!.GetValue<long>())).ToList();
        foreach (var input in inputs)
        {
            // Under the hash of what is really there: an input that was changed without its job file is not found.
            _kit.Blobs.Add(File.ReadAllBytes(Path.Combine(folder, input.Name)));
        }

        job["script"]!.GetValue<string>().ShouldBe("@job.sh");
        job["image"]!.GetValue<string>().ShouldBe("@image");
        var limits = job["limits"]!;
        return new JobSpec(
            JobType.Custom,
            image.Id,
            new JobLimits(
                limits["cpuMillis"]!.GetValue<int>(),
                limits["memoryMb"]!.GetValue<int>(),
                TimeoutSeconds: limits["timeoutSeconds"]!.GetValue<int>(),
                OutputMb: limits["outputMb"]!.GetValue<int>()),
            job["estimatedTime"]!.GetValue<int>(),
            Script: File.ReadAllText(Path.Combine(folder, "job.sh")),
            Inputs: inputs.Count > 0 ? inputs : null);
    }
}

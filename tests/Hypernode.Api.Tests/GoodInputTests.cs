using System.Net;
using System.Text.Json.Nodes;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Jobs;

namespace Hypernode.Api.Tests;

/// <summary>The other side of the table of bad input: what stands at a limit, or is written another way, still passes.</summary>
public sealed class GoodInputTests(GoodInputTests.AnyImage shared) : IClassFixture<GoodInputTests.AnyImage>
{
    private static readonly Dictionary<string, Action<JsonObject>> Changes = new(StringComparer.Ordinal)
    {
        ["as it is"] = _ => { },
        ["image of a registry with a port and a tag"] = b => b["job"]!["image"] = $"localhost:5000/team/python:3.12-slim@{Bodies.Image}",
        ["cmd instead of a script"] = b => Cmd(b["job"]!.AsObject(), "/bin/sh", "-c", "echo 'hi'\n"),
        ["type in capitals"] = b => b["job"]!["type"] = "CUSTOM",
        ["no inputs"] = b => b["job"]!.AsObject().Remove("inputs"),
        ["inputs empty"] = b => b["job"]!["inputs"] = new JsonArray(),
        ["network left out"] = b => b["job"]!.AsObject().Remove("network"),
        ["network full"] = b => b["job"]!["network"] = "full",
        ["network allowlist"] = b =>
        {
            b["job"]!["network"] = "allowlist";
            b["job"]!["networkAllow"] = new JsonArray("example.com:443", "xn--bcher-kva.example:65535", "1.1.1.1:53", "[2606:4700:4700::1111]:443");
        },
        ["optional fields null"] = b => b["job"]!["description"] = b["job"]!["cmd"] = null,
        ["a description in many scripts"] = b => b["job"]!["description"] = "Sortiere Wörter: 並べ替え 🍐",
        ["a script of 64 KiB"] = b => b["job"]!["script"] = new string('x', 64 * 1024),
        ["a script of 64 KiB that JSON writes in escapes"] = b => b["job"]!["script"] = new string('ä', 32 * 1024),
        ["results sealed to a key"] = b => b["job"]!["encryption"] = new JsonObject { ["resultKey"] = TestWallet.Alice.Address.ToString() },
        ["all limits"] = b => b["job"]!["limits"] = JsonNode.Parse(
            """{"cpuMillis":64000,"memoryMb":262144,"gpus":8,"gpuVramMb":98304,"timeoutSeconds":3600,"outputMb":65536}"""),
        ["the smallest amount"] = b => b["paymentIntent"]!["amount"] = "0.000001",
        ["the largest amount"] = b => b["paymentIntent"]!["amount"] = "9223372036854.775807",
        ["a whole amount as a number"] = b => b["paymentIntent"]!["amount"] = 100,
        ["a clock four minutes ahead"] = b => b["paymentIntent"]!["timestamp"] = b["paymentIntent"]!["timestamp"]!.GetValue<long>() + 240_000,
        ["metadata of the white paper"] = b => b["paymentIntent"]!["metadata"] = JsonNode.Parse(
            """{"jobType":"inference","resourceType":"GPU","model":"llama-3-70b","estimatedTime":3600}"""),
    };

    public static TheoryData<string> Names => [.. Changes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_good_submission_is_accepted(string name)
    {
        var host = shared.Host;
        var body = await Bodies.SubmissionAsync(host, TestWallet.Alice, job => job["limits"]!["timeoutSeconds"] = 3_600);
        Changes[name](body);
        Signing.RecommitAndSign(body, TestWallet.Alice, host.Escrow.Deployment);

        var answer = await Bodies.SubmitAsync(host, body);

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
        host.Jobs.All.ShouldContainKey(JobId.Parse(body["paymentIntent"]!["jobId"]!.GetValue<string>()));
    }

    private static void Cmd(JsonObject job, params JsonNode[] words)
    {
        job.Remove("script");
        job["cmd"] = new JsonArray(words);
    }

    /// <summary>One host, without a list of images.</summary>
    public sealed class AnyImage : IAsyncLifetime
    {
        public ApiHost Host { get; private set; } = null!;

        public async Task InitializeAsync() => Host = await ApiHost.StartAsync();

        public async Task DisposeAsync() => await Host.DisposeAsync();
    }
}

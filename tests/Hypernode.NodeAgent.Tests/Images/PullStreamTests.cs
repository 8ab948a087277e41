using System.Text;
using Hypernode.NodeAgent.Adapters.Docker;
using Hypernode.NodeAgent.Images;

namespace Hypernode.NodeAgent.Tests.Images;

public sealed class PullStreamTests
{
    private readonly List<PullProgress> _seen = [];

    [Fact]
    public async Task Layers_are_counted_as_they_come()
    {
        await ReadAsync(
            """{"status":"Pulling from a/b","id":"sha256:1"}""",
            """{"status":"Pulling fs layer","progressDetail":{},"id":"one"}""",
            """{"status":"Pulling fs layer","progressDetail":{},"id":"two"}""",
            """{"status":"Already exists","progressDetail":{},"id":"three"}""",
            """{"status":"Downloading","progressDetail":{"current":5,"total":10},"progress":"[=>]","id":"one"}""",
            """{"status":"Downloading","progressDetail":{"current":50,"total":100},"id":"two"}""",
            """{"status":"Extracting","progressDetail":{"current":1,"total":10},"id":"one"}""",
            """{"status":"Pull complete","progressDetail":{},"id":"one"}""",
            """{"status":"Digest: sha256:1"}""");
        _seen[^1].ShouldBe(new PullProgress(2, 3, 60, 110));
    }

    [Theory]
    [InlineData("""{"errorDetail":{"message":"manifest unknown"},"error":"manifest unknown"}""")]
    [InlineData("""{"error":"manifest unknown"}""")]
    public async Task An_error_within_a_good_answer_is_an_error(string line) =>
        (await Should.ThrowAsync<ImagePullException>(() => ReadAsync(line))).Message.ShouldBe("manifest unknown");

    [Fact]
    public async Task It_is_given_up_when_the_layers_say_that_they_are_too_many_bytes() =>
        await Should.ThrowAsync<ImagePullException>(() => ReadAsync(
            """{"status":"Downloading","progressDetail":{"current":1,"total":600},"id":"one"}""",
            """{"status":"Downloading","progressDetail":{"current":1,"total":600},"id":"two"}"""));

    [Fact]
    public async Task What_no_engine_says_today_is_passed_over()
    {
        await ReadAsync("", "no JSON", "[]", "{}", """{"status":1,"id":2}""", """{"status":"Downloading","progressDetail":{"current":"x","total":-1},"id":"one"}""", """{"status":"Downloading","progressDetail":[],"id":"one"}""");
        _seen.ShouldAllBe(p => p.TotalBytes == 0);
    }

    private Task ReadAsync(params string[] lines) =>
        PullStream.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines))), 1_000, _seen.Add, default);
}

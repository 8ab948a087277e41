using System.Text.Json.Nodes;
using Hypernode.Cli.Receipts;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.Solana;
using Base58 = Hypernode.Contracts.Text.Base58;

namespace Hypernode.Cli.Tests;

public sealed class ReceiptTests : IDisposable
{
    private static readonly byte[] Seed = [.. Enumerable.Repeat((byte)7, 32)];
    private static readonly WalletAddress Key = WalletAddress.FromBytes(Ed25519.PublicKeyFromSeed(Seed));
    private static readonly JobSpec Job = new(
        JobType.Custom, "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", new JobLimits(1000, 64), 5, "true",
        Inputs: [new JobInput("words", Hash256.Of("in"u8), 2)]);

    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-receipt-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_receipt_that_its_node_signed_holds_with_its_job_and_its_log()
    {
        var file = Parse(Signed(Chunks()));

        var findings = ReceiptCheck.OfReceipt(file, Key).Concat(ReceiptCheck.OfJob(file.Receipt, Job)).Concat(ReceiptCheck.OfLogs(file.Receipt, Chunks())).ToList();

        findings.ShouldAllBe(f => f.Ok);
        findings.Count.ShouldBe(13);
    }

    [Theory]
    [InlineData("exitCode", "1", "signature", "hash", "completion-marker")]
    [InlineData("artifactRoot", "\"0000000000000000000000000000000000000000000000000000000000000001\"", "signature", "hash", "artifact-root")]
    [InlineData("completionMarker", "\"0000000000000000000000000000000000000000000000000000000000000001\"", "signature", "hash", "completion-marker")]
    [InlineData("endedAt", "1", "signature", "hash", "times")]
    [InlineData("bonus", "1", "signature", "hash", "canonical")]
    public void What_was_changed_after_the_signature_is_found(string field, string value, params string[] wrong)
    {
        var text = Signed(Chunks());
        text["receipt"]![field] = JsonNode.Parse(value);

        Wrong(ReceiptCheck.OfReceipt(Parse(text), Key)).ShouldBe(wrong, ignoreOrder: true);
    }

    [Fact]
    public void A_lie_that_the_node_signed_itself_does_not_hold_either() =>
        Wrong(ReceiptCheck.OfReceipt(Parse(Signed(Chunks(), r => r with { Artifacts = [] })), Key)).ShouldBe(["artifact-root"]);

    [Fact]
    public void Another_key_than_the_nodes_is_found()
    {
        var stranger = WalletAddress.FromBytes(Ed25519.PublicKeyFromSeed([.. Enumerable.Repeat((byte)8, 32)]));
        Wrong(ReceiptCheck.OfReceipt(Parse(Signed(Chunks())), stranger)).ShouldBe(["node-key"]);
        var text = Signed(Chunks());
        text["nodeKey"] = stranger.ToString();
        Wrong(ReceiptCheck.OfReceipt(Parse(text), Key)).ShouldBe(["signature", "node-key"]);
    }

    [Fact]
    public void Another_job_is_found()
    {
        var receipt = Parse(Signed(Chunks())).Receipt;
        Wrong(ReceiptCheck.OfJob(receipt, Job with { EstimatedTime = 6 })).ShouldBe(["spec-hash"]);
        Wrong(ReceiptCheck.OfJob(receipt, Job with { Inputs = null })).ShouldBe(["spec-hash", "input-root"]);
    }

    [Fact]
    public void A_log_with_a_chunk_missing_changed_or_too_many_is_found()
    {
        var receipt = Parse(Signed(Chunks())).Receipt;
        var chunks = Chunks();

        Wrong(ReceiptCheck.OfLogs(receipt, chunks[..^1])).ShouldBe(["log-count", "log-root"]);
        Wrong(ReceiptCheck.OfLogs(receipt, chunks[1..])).ShouldBe(["log-chain"]);
        Wrong(ReceiptCheck.OfLogs(receipt, [chunks[0], chunks[1] with { Data = "?"u8.ToArray() }, chunks[2]])).ShouldBe(["log-chain"]);
        Wrong(ReceiptCheck.OfLogs(receipt, [.. chunks, chunks[0]])).ShouldBe(["log-chain"]);
        Wrong(ReceiptCheck.OfLogs(receipt, [.. chunks, chunks[0] with { Attempt = 2 }])).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"receipt":{},"signature":"x","nodeKey":"y"}""")]
    [InlineData("""{"receipt":{"jobId":"job-1"},"signature":"x","nodeKey":"y"}""")]
    [InlineData("""{"receipt":{},"receipt":{},"signature":"x","nodeKey":"y"}""")]
    public void What_is_no_receipt_is_refused(string text) => Should.Throw<FormatException>(() => ReceiptFile.Parse(text));

    [Fact]
    public async Task The_command_checks_the_files_that_it_is_given_and_says_so_in_its_exit_code()
    {
        var receipt = await WriteAsync("receipt.json", Signed(Chunks()).ToJsonString());
        var job = await WriteAsync("job.json", $$"""{"job":{{System.Text.Encoding.UTF8.GetString(CanonicalJson.Serialize(Job))}}}""");
        var logs = await WriteAsync("logs.json", System.Text.Json.JsonSerializer.Serialize(new { items = Chunks() }, ContractJson.Options));
        await WriteAsync("out.txt", "result");
        string[] all = ["verify", receipt, "--job", job, "--logs", logs, "--artifacts", _folder, "--node-key", Key.ToString()];

        (await RunAsync(all)).ShouldBe(0);
        (await RunAsync([.. all, "--json"])).ShouldBe(0);
        await WriteAsync("out.txt", "tamper");
        (await RunAsync(all)).ShouldBe(1);
        (await RunAsync("verify", receipt)).ShouldBe(0);
        (await RunAsync("verify", await WriteAsync("none.json", "{}"))).ShouldBe(2);
        (await RunAsync("verify", Path.Combine(_folder, "absent.json"))).ShouldBe(2);
        (await RunAsync("verify", receipt, "--job", receipt)).ShouldBe(2);
        (await RunAsync("verify", receipt, "--logs", job)).ShouldBe(2);
    }

    [Fact]
    public async Task A_file_outside_the_folder_is_never_taken_for_an_artifact()
    {
        await WriteAsync("secret", "x");
        var inner = Directory.CreateDirectory(Path.Combine(_folder, "inner")).FullName;
        File.CreateSymbolicLink(Path.Combine(inner, "link"), Path.Combine(_folder, "secret"));

        (await GivenFiles.ArtifactAsync(inner, "../secret", default)).ShouldBeNull();
        (await GivenFiles.ArtifactAsync(inner, Path.Combine(_folder, "secret"), default)).ShouldBeNull();
        (await GivenFiles.ArtifactAsync(inner, "link", default)).ShouldBeNull();
        (await GivenFiles.ArtifactAsync(_folder, "inner/../secret", default)).ShouldNotBeNull();
    }

    private static Task<int> RunAsync(params string[] arguments) => ReceiptCommand.Create().Parse(arguments).InvokeAsync();

    private static IEnumerable<string> Wrong(IEnumerable<Finding> findings) => findings.Where(f => !f.Ok).Select(f => f.Check);

    private static ReceiptFile Parse(JsonObject text) => ReceiptFile.Parse(text.ToJsonString());

    private static LoggedChunk[] Chunks()
    {
        var chunks = new List<LoggedChunk>();
        var head = Hash256.Zero;
        foreach (var (stream, text) in new[] { ("agent", "begin\n"), ("stdout", "größe\n"), ("agent", "end\n") })
        {
            var data = System.Text.Encoding.UTF8.GetBytes(text);
            head = LogChunk.ChainHash(head, chunks.Count, stream, 1_000, data);
            chunks.Add(new LoggedChunk(1, chunks.Count, stream, 1_000, data, head));
        }

        return [.. chunks];
    }

    private static JsonObject Signed(LoggedChunk[] chunks, Func<Receipt, Receipt>? change = null)
    {
        var job = new JobId(new Guid("7c9e6679-7425-40de-944b-e07fc1f90ae7"));
        var challenge = Hash256.Of("challenge"u8);
        Artifact[] artifacts = [new("out.txt", Hash256.Of("result"u8), 6)];
        var receipt = new Receipt(
            job, new IntentId(Guid.NewGuid()), new NodeId(Guid.NewGuid()), 1, 1, Job.Hash(), Job.Image, Receipt.RootOf(Job.Inputs!), challenge, 1_000, 2_000, 0, false, false,
            chunks[^1].Hash, chunks.Length, Receipt.RootOf(artifacts), artifacts, [], 0, 0, Receipt.MarkerOf(challenge, job, 1, 0), Hash256.Zero);
        receipt = change?.Invoke(receipt) ?? receipt;
        return new JsonObject
        {
            ["receipt"] = System.Text.Json.JsonSerializer.SerializeToNode(receipt, ContractJson.Options),
            ["signature"] = Base58.Encode(Ed25519.Sign(Seed, receipt.SigningBytes())),
            ["nodeKey"] = Key.ToString(),
            ["hash"] = receipt.Hash().ToString(),
        };
    }

    private async Task<string> WriteAsync(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        await File.WriteAllTextAsync(path, text);
        return path;
    }
}

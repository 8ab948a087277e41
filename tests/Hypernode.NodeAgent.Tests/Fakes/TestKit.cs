using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Adapters.Keys;
using Hypernode.Solana;

namespace Hypernode.NodeAgent.Tests.Fakes;

/// <summary>One node with its folder and key; agents come and go on it.</summary>
internal sealed class TestKit : IDisposable
{
    private readonly Account _account = new();

    public TestKit()
    {
        Folder = Directory.CreateTempSubdirectory("hypernode-agent-test-").FullName;
        Signer = new AccountSigner(_account);
    }

    public NodeId Node { get; } = new(NewId());

    public string Folder { get; }

    public AccountSigner Signer { get; }

    public FakeLink Link { get; set; } = new();

    public MemoryBlobs Blobs { get; } = new();

    public AgentOptions Options => new() { NodeId = Node.ToString(), DataFolder = Folder, Slots = 2 };

    public static Guid NewId() => new(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));

    public ExecuteJob Execute(JobSpec spec, long now, int attempt = 1, JobId? job = null, int runLimitMs = 60_000) => new(
        job ?? new JobId(NewId()),
        new IntentId(NewId()),
        Node,
        attempt,
        attempt,
        0,
        spec,
        spec.Hash(),
        Hash256.Of(NewId().ToByteArray()),
        runLimitMs,
        now + 30_000);

    /// <summary>All that can be said of a receipt without knowing how the attempt went.</summary>
    public void ShouldBeProper(AttemptReported reported, ExecuteJob command)
    {
        var receipt = reported.Receipt;
        IsSigned(reported).ShouldBeTrue();
        receipt.JobId.ShouldBe(command.JobId);
        receipt.IntentId.ShouldBe(command.IntentId);
        receipt.NodeId.ShouldBe(Node);
        receipt.Attempt.ShouldBe(command.Attempt);
        receipt.SpecHash.ShouldBe(command.SpecHash);
        receipt.Challenge.ShouldBe(command.Challenge);
        receipt.ArtifactRoot.ShouldBe(Receipt.RootOf(receipt.Artifacts));
        receipt.CompletionMarker.ShouldBe(Receipt.MarkerOf(command.Challenge, command.JobId, command.Attempt, receipt.ExitCode));
        var chunks = Link.StoredChunks().Where(c => c.JobId == command.JobId && c.Attempt == command.Attempt).ToList();
        chunks.Count.ShouldBe((int)receipt.LogCount);
        var head = Hash256.Zero;
        foreach (var chunk in chunks)
        {
            chunk.Hash.ShouldBe(head = LogChunk.ChainHash(head, chunk.Seq, chunk.Stream, chunk.At, chunk.Data));
        }

        receipt.LogRoot.ShouldBe(head);
    }

    public bool IsSigned(AttemptReported reported) =>
        _account.Verify(reported.Receipt.SigningBytes(), Contracts.Text.Base58.Decode(reported.Signature));

    public void Dispose()
    {
        _account.Dispose();
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}

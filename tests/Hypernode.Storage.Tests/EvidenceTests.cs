using System.Text;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteEvidenceTests(SqliteFixture storage) : EvidenceTests(storage), IClassFixture<SqliteFixture>;

[Trait("Needs", "postgres")]
public sealed class PostgresEvidenceTests(PostgresFixture storage) : EvidenceTests(storage), IClassFixture<PostgresFixture>;

public abstract class EvidenceTests(StorageFixture storage)
{
    private readonly IEvidence _evidence = storage.Get<IEvidence>();

    [Fact]
    public async Task Logs_are_read_in_pages_by_attempt_and_number()
    {
        var job = await AJobAsync(storage);
        LogChunk[] chunks = [.. from attempt in new[] { 1, 2 } from seq in Enumerable.Range(0, 5) select Chunk(job, attempt, seq)];
        await _evidence.AddLogsAsync([.. chunks.Reverse()], Now, None);
        await _evidence.AddLogsAsync([], Now, None);

        var seen = new List<StoredChunk>();
        (int, long) position = (0, -1);
        while (await _evidence.ReadLogsAsync(job, position, 3, None) is { Count: > 0 } page)
        {
            seen.AddRange(page);
            position = (page[^1].Chunk.Attempt, page[^1].Chunk.Seq);
        }

        seen.Select(s => (s.Chunk.Attempt, s.Chunk.Seq, s.Chunk.Hash, s.Chunk.At, s.Chunk.Stream, s.ReceivedAt))
            .ShouldBe(chunks.Select(c => (c.Attempt, c.Seq, c.Hash, c.At, c.Stream, Now)));
        seen[3].Chunk.Data.ShouldBe(chunks[3].Data);
    }

    [Fact]
    public async Task A_chunk_that_comes_again_changes_nothing()
    {
        var job = await AJobAsync(storage);
        var first = Chunk(job, 1, 0);
        await _evidence.AddLogsAsync([first], Now, None);
        await _evidence.AddLogsAsync([first with { Data = [9], Hash = NewHash() }, Chunk(job, 1, 1)], Now.AddHours(1), None);
        var stored = await _evidence.ReadLogsAsync(job, (0, -1), 10, None);
        stored.Count.ShouldBe(2);
        (stored[0].Chunk.Hash, stored[0].ReceivedAt).ShouldBe((first.Hash, Now));
    }

    [Fact]
    public async Task The_first_receipt_of_an_attempt_stays()
    {
        var (job, node) = (await AJobAsync(storage), await ANodeAsync(storage));
        var receipt = Receipt(job, node, 1);
        (await _evidence.FindReceiptAsync(job, 1, None)).ShouldBeNull();
        (await _evidence.AddReceiptAsync(receipt, "sig", Now, None)).ShouldBeTrue();
        (await _evidence.AddReceiptAsync(receipt, "sig", Now.AddHours(1), None)).ShouldBeTrue();
        (await _evidence.AddReceiptAsync(receipt with { ExitCode = 7 }, "other", Now, None)).ShouldBeFalse();
        var stored = (await _evidence.FindReceiptAsync(job, 1, None))!;
        stored.Receipt.Hash().ShouldBe(receipt.Hash());
        (stored.Signature, stored.ReceivedAt).ShouldBe(("sig", Now));
    }

    private static LogChunk Chunk(JobId job, int attempt, long seq) =>
        new(job, attempt, seq, seq % 2 == 0 ? "stdout" : "stderr", Now.ToUnixTimeMilliseconds() + seq, Encoding.UTF8.GetBytes($"line {seq}\0ÿ\n"), NewHash());

    private static Receipt Receipt(JobId job, NodeId node, int attempt) => new(
        job, new IntentId(NewId()), node, attempt, attempt, NewHash(), "sha256:aa", NewHash(), NewHash(), 1, 2, 0, false, false, NewHash(), 3,
        NewHash(), [new Artifact("out.txt", NewHash(), 12)], [], 0, 0, NewHash(), Hash256.Zero);
}

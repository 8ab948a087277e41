using Hypernode.Contracts.Jobs;
using Hypernode.NodeAgent.Adapters.Files;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests;

/// <summary>Files on a disk that gets full in the middle of a line.</summary>
public sealed class AppendOnlyFileTests : IDisposable
{
    private static readonly JobSpec Spec = new(JobType.Custom, "sha256:" + new string('1', 64), new JobLimits(1_000, 64), 5, Script: "true");

    private readonly TestKit _kit = new();
    private readonly FakeTime _time = new();

    public void Dispose() => _kit.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_record_that_did_not_fit_leaves_nothing_behind_and_the_journal_stays_readable(bool canNotBeCutAtOnce)
    {
        var path = Path.Combine(_kit.Folder, "journal.jsonl");
        var first = _kit.Execute(Spec, _time.NowMs);
        var second = _kit.Execute(Spec, _time.NowMs);
        var disk = new FullDisk(path);
        using (var journal = AgentJournal.Open(path, _time, new AppendOnlyFile(disk)))
        {
            journal.Accept(first);
            disk.Room = 40;
            disk.Stuck = canNotBeCutAtOnce;
            Should.Throw<IOException>(() => journal.Accept(second));
            journal.Find(second.JobId).ShouldBeNull();
            disk.Room = null;
            disk.Stuck = false;
            journal.Start(first.JobId, 1, "c1");
        }

        using var again = AgentJournal.Open(path, _time);
        again.Find(first.JobId)!.Container.ShouldBe("c1");
        again.Find(second.JobId).ShouldBeNull();
    }

    [Fact]
    public void A_record_that_could_not_be_flushed_is_not_there()
    {
        var path = Path.Combine(_kit.Folder, "journal.jsonl");
        var command = _kit.Execute(Spec, _time.NowMs);
        var disk = new FullDisk(path) { RefusesFlush = true };
        using (var journal = AgentJournal.Open(path, _time, new AppendOnlyFile(disk)))
        {
            Should.Throw<IOException>(() => journal.Accept(command));
        }

        using var again = AgentJournal.Open(path, _time);
        again.Find(command.JobId).ShouldBeNull();
    }

    [Fact]
    public void A_log_goes_on_with_the_same_chain_after_a_chunk_that_did_not_fit()
    {
        var job = new JobId(TestKit.NewId());
        var disk = new FullDisk(Path.Combine(_kit.Folder, "chunks.jsonl"));
        Contracts.Text.Hash256 head;
        using (var chain = LogChain.Open(_kit.Folder, job, 1, _time, new AppendOnlyFile(disk)))
        {
            chain.Say("begun");
            disk.Room = 40;
            Should.Throw<IOException>(() => chain.Say("lost"));
            disk.Room = null;
            chain.Say("ended");
            head = chain.Head;
        }

        using var again = LogChain.Open(_kit.Folder, job, 1, _time);
        again.Count.ShouldBe(2);
        again.Head.ShouldBe(head);
    }

    /// <summary>Takes what there is room for, then says that it is full.</summary>
    private sealed class FullDisk(string path) : FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0)
    {
        public int? Room { get; set; }

        /// <summary>It can't even be cut.</summary>
        public bool Stuck { get; set; }

        public bool RefusesFlush { get; set; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            base.Write(Room is { } room ? buffer[..Math.Min(room, buffer.Length)] : buffer);
            if (Room is not null)
            {
                throw new IOException("No space left on device");
            }
        }

        public override void Flush(bool flushToDisk)
        {
            if (RefusesFlush)
            {
                throw new IOException("Input/output error");
            }

            base.Flush(flushToDisk);
        }

        public override void SetLength(long value)
        {
            if (Stuck)
            {
                throw new IOException("Read-only file system");
            }

            base.SetLength(value);
        }
    }
}

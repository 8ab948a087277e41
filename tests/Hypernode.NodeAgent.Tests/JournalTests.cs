using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests;

public sealed class JournalTests : IDisposable
{
    private static readonly JobSpec Spec = new(JobType.Custom, "sha256:" + new string('1', 64), new JobLimits(1_000, 64), 5, Script: "true");

    private readonly TestKit _kit = new();
    private readonly FakeTime _time = new();

    private string Path => System.IO.Path.Combine(_kit.Folder, "journal.jsonl");

    public void Dispose() => _kit.Dispose();

    [Fact]
    public void What_was_written_is_there_after_a_restart()
    {
        var command = _kit.Execute(Spec, _time.NowMs);
        var declined = _kit.Execute(Spec, _time.NowMs);
        using (var journal = AgentJournal.Open(Path, _time))
        {
            journal.Accept(command);
            journal.Start(command.JobId, 1, "c1");
            journal.Accept(declined);
            journal.Decline(new AttemptDeclined(declined.JobId, 1, "expired", ""));
            journal.Confirm(declined.JobId, 1);
        }

        using var again = AgentJournal.Open(Path, _time);
        again.Unconfirmed().Single().Command!.SpecHash.ShouldBe(command.SpecHash);
        again.Find(command.JobId)!.Container.ShouldBe("c1");
        again.Find(declined.JobId)!.Confirmed.ShouldBeTrue();
    }

    [Fact]
    public void A_last_line_torn_at_any_byte_is_cut_off_and_writing_goes_on()
    {
        var first = _kit.Execute(Spec, _time.NowMs);
        using (var journal = AgentJournal.Open(Path, _time))
        {
            journal.Accept(first);
        }

        var whole = File.ReadAllBytes(Path);
        for (var torn = 1; torn < whole.Length; torn += 13)
        {
            File.WriteAllBytes(Path, [.. whole, .. whole[..torn]]);
            using (var journal = AgentJournal.Open(Path, _time))
            {
                journal.Start(first.JobId, 1, "c1");
            }

            using var again = AgentJournal.Open(Path, _time);
            again.Find(first.JobId)!.Container.ShouldBe("c1");
        }
    }

    [Fact]
    public void A_line_in_the_middle_that_can_not_be_read_stops_the_agent()
    {
        File.WriteAllText(Path, "not json\n{}\n");

        Should.Throw<InvalidDataException>(() => AgentJournal.Open(Path, _time)).Message.ShouldContain("line 1");
    }

    [Fact]
    public void A_grown_journal_forgets_old_answered_jobs_but_neither_open_ones_nor_the_last_receipt()
    {
        var old = _kit.Execute(Spec, _time.NowMs);
        var open = _kit.Execute(Spec, _time.NowMs);
        var fresh = _kit.Execute(Spec, _time.NowMs);
        var writer = new ReceiptWriter(_kit.Node, _kit.Signer);
        var ended = new EndedAttempt("", default, default, 0, false, false, default, 0, []);
        Contracts.Text.Hash256 last;
        using (var journal = AgentJournal.Open(Path, _time))
        {
            journal.Accept(open);
            journal.Accept(old);
            journal.Report(previous => writer.Write(old, ended, previous));
            journal.Confirm(old.JobId, 1);
            last = journal.LastReceipt;
            _time.Advance(TimeSpan.FromDays(9));
            journal.Accept(fresh);
        }

        JournalCompaction.Run(Path, _time.GetUtcNow(), threshold: 0);
        using var again = AgentJournal.Open(Path, _time);
        again.Unconfirmed().Select(e => e.JobId).ShouldBe([open.JobId, fresh.JobId], ignoreOrder: true);
        again.Find(old.JobId)!.Command.ShouldBeNull();
        again.LastReceipt.ShouldBe(last);
    }

    [Fact]
    public void A_log_chain_goes_on_after_a_torn_tail_with_the_same_head()
    {
        var job = new JobId(TestKit.NewId());
        Contracts.Text.Hash256 head;
        using (var chain = LogChain.Open(_kit.Folder, job, 1, _time))
        {
            chain.Say("begun");
            chain.Append("stdout", "output"u8);
            head = chain.Head;
            chain.MarkSent(chain.PeekUnsent(1));
        }

        File.AppendAllText(System.IO.Path.Combine(_kit.Folder, "chunks.jsonl"), "{\"jobId\":\"job-");
        using var again = LogChain.Open(_kit.Folder, job, 1, _time);
        again.Head.ShouldBe(head);
        again.Count.ShouldBe(2);
        again.OutputBytes.ShouldBe(6);
        again.PeekUnsent(1_000).Single().Seq.ShouldBe(1);
        again.Append("stdout", "more"u8);
        again.PeekUnsent(1_000)[^1].Hash.ShouldBe(again.Head);
    }

    [Fact]
    public void Output_is_cut_into_chunks_of_the_largest_size()
    {
        using var chain = LogChain.Open(_kit.Folder, new JobId(TestKit.NewId()), 1, _time);
        chain.Append("stdout", new byte[LogChunk.MaxBytes + 1]);

        chain.PeekUnsent(10_000_000).Select(c => c.Data.Length).ShouldBe([LogChunk.MaxBytes, 1]);
    }
}

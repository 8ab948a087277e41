using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Timers;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteSagaJournalTests(SqliteFixture storage) : SagaJournalTests(storage), IClassFixture<SqliteFixture>;

[Trait("Needs", "postgres")]
public sealed class PostgresSagaJournalTests(PostgresFixture storage) : SagaJournalTests(storage), IClassFixture<PostgresFixture>;

public abstract class SagaJournalTests(StorageFixture storage)
{
    private readonly ISagaJournal _journal = storage.Get<ISagaJournal>();
    private readonly IJobReader _reader = storage.Get<IJobReader>();
    private readonly IOutbox _outbox = storage.Get<IOutbox>();
    private readonly INodeDirectory _nodes = storage.Get<INodeDirectory>();

    [Fact]
    public async Task An_unknown_job_is_not_loaded() => (await _journal.LoadAsync(NewJobId())).ShouldBeNull();

    [Fact]
    public async Task An_accepted_job_is_loaded_as_the_intake_wrote_it()
    {
        var job = await AJobAsync(storage);
        (await _journal.LoadAsync(job)).ShouldBe(new StoredSaga(job, JobStateNames.Initial, 0, "{}"));
    }

    [Fact]
    public async Task A_commit_writes_row_history_outbox_timers_and_lease_together()
    {
        var (job, node) = (await AJobAsync(storage), await ANodeAsync(storage));
        var message = Message(job);
        var lease = Take(job, node, 1);
        var row = Row(job, 0, JobStateNames.Assigned) with
        {
            AssignedNode = node,
            EscrowAddress = "escrow",
            Signatures = ["sig1", "sig2"],
            Entered = [new StateEntered(JobStateNames.Matching, "EscrowLocked", 1), new StateEntered(JobStateNames.Assigned, "NodeMatched\0", 1)],
        };
        var commit = Commit(row, lease) with { Outbox = [message], Timers = [Timer(job, TimerKind.Step, Now.AddHours(1))] };

        (await _journal.CommitAsync(commit)).ShouldBe(CommitResult.Committed);

        (await _journal.LoadAsync(job)).ShouldBe(new StoredSaga(job, JobStateNames.Assigned, 1, row.Body));
        var view = (await _reader.FindAsync(job, None))!;
        (view.State, view.Attempt, view.AssignedNode, view.EscrowAddress).ShouldBe((JobStateNames.Assigned, 1, node, "escrow"));
        view.Signatures.ShouldBe(["sig1", "sig2"]);
        view.CompletedAt.ShouldBeNull();
        (await _reader.HistoryAsync(job, None)).ShouldBe(
        [
            new JobTransition(JobStateNames.Submitted, Now, "accepted", 0),
            new JobTransition(JobStateNames.Matching, Now, "EscrowLocked", 1),
            new JobTransition(JobStateNames.Assigned, Now, "NodeMatched", 1),
        ]);
        (await _outbox.TakeLeftoversAsync(Now, 10_000)).Single(m => m.MessageId == message.MessageId).Body.ShouldBe(message.Body);
        (await storage.CountAsync("timers", $"job_id = '{job}'")).ShouldBe(1);
        (await _nodes.FindLeaseAsync(job, 1, None)).ShouldBe(
            new LeaseView(job, 1, node, 1, Hash256.Parse(lease.Challenge), lease.RatePerSecond, Now, null, null, true));
    }

    [Fact]
    public async Task The_first_Submitted_is_in_the_history_once()
    {
        var job = await AJobAsync(storage);
        await _journal.CommitAsync(Commit(Row(job, 0, JobStateNames.Submitted)));
        (await _reader.HistoryAsync(job, None)).Select(t => t.State).ShouldBe([JobStateNames.Submitted]);
    }

    [Fact]
    public async Task A_transition_that_stays_in_its_state_leaves_no_history()
    {
        var job = await AJobAsync(storage);
        await _journal.CommitAsync(Commit(Row(job, 0, JobStateNames.Matching)));
        (await _journal.CommitAsync(Commit(Row(job, 1, JobStateNames.Matching) with { Entered = [] }))).ShouldBe(CommitResult.Committed);
        (await _reader.HistoryAsync(job, None)).Select(t => t.State).ShouldBe([JobStateNames.Submitted, JobStateNames.Matching]);
        (await _journal.LoadAsync(job))!.Version.ShouldBe(2);
    }

    [Fact]
    public async Task A_known_message_is_a_duplicate_and_writes_nothing_more()
    {
        var job = await AJobAsync(storage);
        var first = Commit(Row(job, 0, JobStateNames.IntentVerified));
        (await _journal.CommitAsync(first)).ShouldBe(CommitResult.Committed);
        var again = first with { Job = Row(job, 1, JobStateNames.Paid), Outbox = [Message(job)], Timers = [Timer(job, TimerKind.Step, Now)] };
        (await _journal.CommitAsync(again)).ShouldBe(CommitResult.Duplicate);
        await ShouldBeUntouchedAsync(job, again, JobStateNames.IntentVerified, 1);
    }

    [Fact]
    public async Task A_duplicate_is_told_before_a_version_conflict()
    {
        var job = await AJobAsync(storage);
        var commit = Commit(Row(job, 0, JobStateNames.IntentVerified));
        await _journal.CommitAsync(commit);
        (await _journal.CommitAsync(commit)).ShouldBe(CommitResult.Duplicate);
    }

    [Fact]
    public async Task A_commit_that_ends_an_attempt_and_begins_the_next_tells_them_apart_in_the_history()
    {
        var job = await AJobAsync(storage);
        var row = Row(job, 0, JobStateNames.Matching) with
        {
            Attempt = 2,
            Entered = [new StateEntered(JobStateNames.Executed, "JobExecuted", 1), new StateEntered(JobStateNames.Matching, "ResultVerified", 2)],
        };

        await _journal.CommitAsync(Commit(row));

        (await _reader.HistoryAsync(job, None)).Select(t => (t.State, t.Attempt)).ShouldBe(
            [(JobStateNames.Submitted, 0), (JobStateNames.Executed, 1), (JobStateNames.Matching, 2)]);
    }

    [Fact]
    public async Task A_stale_version_conflicts_and_writes_nothing()
    {
        var job = await AJobAsync(storage);
        await _journal.CommitAsync(Commit(Row(job, 0, JobStateNames.IntentVerified)));
        var node = await ANodeAsync(storage);
        var stale = Commit(Row(job, 0, JobStateNames.Rejected), Take(job, node, 0)) with { Outbox = [Message(job)], Timers = [Timer(job, TimerKind.Step, Now)] };
        (await _journal.CommitAsync(stale)).ShouldBe(CommitResult.VersionConflict);
        await ShouldBeUntouchedAsync(job, stale, JobStateNames.IntentVerified, 1);
        (await HeldSlotsAsync(node)).ShouldBeEmpty();

        // Decided again on what is there now, the same message goes through: it was not noted as seen.
        (await _journal.CommitAsync(stale with { Job = Row(job, 1, JobStateNames.Rejected) })).ShouldBe(CommitResult.Committed);
    }

    [Fact]
    public async Task A_job_that_does_not_exist_conflicts() =>
        (await _journal.CommitAsync(Commit(Row(NewJobId(), 0, JobStateNames.Paid)))).ShouldBe(CommitResult.VersionConflict);

    [Fact]
    public async Task A_held_slot_refuses_and_writes_nothing()
    {
        var (holder, job, node) = (await AJobAsync(storage), await AJobAsync(storage), await ANodeAsync(storage));
        (await _journal.CommitAsync(Commit(Row(holder, 0, JobStateNames.Assigned), Take(holder, node, 0)))).ShouldBe(CommitResult.Committed);
        var command = Message(job);
        await _outbox.AddAsync([command], None);
        var second = Commit(Row(job, 0, JobStateNames.Assigned), Take(job, node, 0)) with
        {
            Consumed = [command.MessageId],
            Outbox = [Message(job)],
            Timers = [Timer(job, TimerKind.Step, Now)],
        };
        (await _journal.CommitAsync(second)).ShouldBe(CommitResult.SlotTaken);
        await ShouldBeUntouchedAsync(job, second, JobStateNames.Initial, 0);
        (await storage.CountAsync("outbox", $"message_id = '{command.MessageId:D}'")).ShouldBe(1);
        (await _nodes.FindLeaseAsync(job, 1, None)).ShouldBeNull();

        // The same message may be decided again: it was not noted as seen.
        (await _journal.CommitAsync(second with { Lease = Take(job, node, 1) })).ShouldBe(CommitResult.Committed);
    }

    [Fact]
    public async Task A_released_slot_is_free_for_another_job()
    {
        var (first, second, node) = (await AJobAsync(storage), await AJobAsync(storage), await ANodeAsync(storage));
        await _journal.CommitAsync(Commit(Row(first, 0, JobStateNames.Assigned), Take(first, node, 0)));
        (await HeldSlotsAsync(node)).ShouldBe([0]);
        (await _journal.CommitAsync(Commit(Row(first, 1, JobStateNames.Matching), Release(first, node)))).ShouldBe(CommitResult.Committed);
        (await HeldSlotsAsync(node)).ShouldBeEmpty();
        (await _nodes.FindLeaseAsync(first, 1, None))!.Live.ShouldBeFalse();
        (await _journal.CommitAsync(Commit(Row(second, 0, JobStateNames.Assigned), Take(second, node, 0)))).ShouldBe(CommitResult.Committed);
    }

    [Fact]
    public async Task Of_twenty_parallel_takers_one_gets_the_slot()
    {
        var node = await ANodeAsync(storage);
        var jobs = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => AJobAsync(storage)));
        var results = await Task.WhenAll(jobs.Select(job =>
            Task.Run(() => _journal.CommitAsync(Commit(Row(job, 0, JobStateNames.Assigned), Take(job, node, 0))))));
        results.Count(r => r == CommitResult.Committed).ShouldBe(1);
        results.Count(r => r == CommitResult.SlotTaken).ShouldBe(19);
        (await storage.CountAsync("leases", $"node_id = '{node}'")).ShouldBe(1);
    }

    [Fact]
    public async Task Of_parallel_commits_on_one_saga_exactly_one_wins_each_round()
    {
        var job = await AJobAsync(storage);
        for (var version = 0; version < 5; version++)
        {
            var expected = version;
            var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ =>
                Task.Run(() => _journal.CommitAsync(Commit(Row(job, expected, JobStateNames.Matching)) with { Outbox = [Message(job)] }))));
            results.Count(r => r == CommitResult.Committed).ShouldBe(1);
            results.Count(r => r == CommitResult.VersionConflict).ShouldBe(11);
        }

        (await _journal.LoadAsync(job))!.Version.ShouldBe(5);
        (await storage.CountAsync("outbox", $"job_id = '{job}' and destination <> 'hypernode.jobs'")).ShouldBe(5);
    }

    [Fact]
    public async Task One_message_delivered_many_times_at_once_is_handled_once()
    {
        var job = await AJobAsync(storage);
        var commit = Commit(Row(job, 0, JobStateNames.IntentVerified)) with { Outbox = [Message(job)] };
        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(() => _journal.CommitAsync(commit))));
        results.Count(r => r == CommitResult.Committed).ShouldBe(1);
        results.Count(r => r == CommitResult.Duplicate).ShouldBe(11);
    }

    [Fact]
    public async Task A_message_without_a_change_is_noted_and_its_effects_are_written()
    {
        var job = await AJobAsync(storage);
        var ignored = Commit(null) with { Outbox = [Message(job)], Timers = [Timer(job, TimerKind.Match, Now.AddHours(1))] };
        (await _journal.CommitAsync(ignored)).ShouldBe(CommitResult.Committed);
        (await storage.CountAsync("outbox", $"message_id = '{ignored.Outbox[0].MessageId:D}'")).ShouldBe(1);
        (await _journal.CommitAsync(ignored with { Outbox = [Message(job)] })).ShouldBe(CommitResult.Duplicate);
        (await _journal.LoadAsync(job))!.Version.ShouldBe(0);
    }

    [Fact]
    public async Task The_answered_command_and_the_consumed_event_leave_the_outbox()
    {
        var job = await AJobAsync(storage);
        var (command, own, other) = (Message(job), Message(job), Message(job));
        await _outbox.AddAsync([command, own, other], None);
        var commit = Commit(Row(job, 0, JobStateNames.IntentVerified)) with { MessageId = own.MessageId, Consumed = [command.MessageId] };
        (await _journal.CommitAsync(commit)).ShouldBe(CommitResult.Committed);
        (await storage.CountAsync("outbox", $"job_id = '{job}' and type = 'Some.Type'")).ShouldBe(1);
    }

    [Fact]
    public async Task A_duplicate_takes_its_outbox_rows_away_too()
    {
        var job = await AJobAsync(storage);
        var (command, own) = (Message(job), Message(job));
        var commit = Commit(Row(job, 0, JobStateNames.IntentVerified)) with { MessageId = own.MessageId, Consumed = [command.MessageId] };
        await _journal.CommitAsync(commit);
        await _outbox.AddAsync([command, own], None);
        (await _journal.CommitAsync(commit)).ShouldBe(CommitResult.Duplicate);
        (await storage.CountAsync("outbox", $"job_id = '{job}' and type = 'Some.Type'")).ShouldBe(0);
    }

    [Fact]
    public async Task Setting_a_timer_again_replaces_it_and_cancelling_removes_it()
    {
        var job = await AJobAsync(storage);
        await _journal.CommitAsync(Commit(Row(job, 0, JobStateNames.Matching)) with { Timers = [Timer(job, TimerKind.Step, Now.AddHours(1)), Timer(job, TimerKind.Match, Now.AddHours(1))] });
        await _journal.CommitAsync(
            Commit(Row(job, 1, JobStateNames.Matching)) with
            {
                Timers = [Timer(job, TimerKind.Step, Now.AddHours(2), 2), Timer(job, TimerKind.Step, Now.AddHours(3), 3), Timer(job, TimerKind.Match, null)],
            });
        (await storage.CountAsync("timers", $"job_id = '{job}'")).ShouldBe(1);
        (await storage.CountAsync("timers", $"job_id = '{job}' and kind = 'Step' and epoch = 3")).ShouldBe(1);
    }

    [Fact]
    public async Task A_job_that_ends_leaves_no_timer_not_even_the_intake_s()
    {
        var (rejectedAtOnce, refunded, other) = (await AJobAsync(storage), await AJobAsync(storage), await AJobAsync(storage));
        await _journal.CommitAsync(Commit(Row(rejectedAtOnce, 0, JobStateNames.Rejected)));
        await _journal.CommitAsync(Commit(Row(refunded, 0, JobStateNames.Refunding)) with { Timers = [Timer(refunded, TimerKind.Expiry, Now)] });
        await _journal.CommitAsync(Commit(Row(refunded, 1, JobStateNames.Refunded)) with { Timers = [Timer(refunded, TimerKind.Lease, Now)] });

        (await storage.CountAsync("timers", $"job_id in ('{rejectedAtOnce}', '{refunded}')")).ShouldBe(0);
        (await storage.CountAsync("timers", $"job_id = '{other}'")).ShouldBe(1);
    }

    [Fact]
    public async Task Payment_ends_the_job_and_raises_the_nodes_totals_once()
    {
        var (job, node) = (await AJobAsync(storage), await ANodeAsync(storage));
        var settlement = new Settlement(new(1_000), new(850), new(100), new(50), new(999_000));
        var paid = Row(job, 0, JobStateNames.Paid) with { AssignedNode = node, Settlement = settlement, Outcome = "Succeeded" };
        (await _journal.CommitAsync(Commit(paid))).ShouldBe(CommitResult.Committed);
        (await _journal.CommitAsync(Commit(paid with { ExpectedVersion = 1, Entered = [] }) with { At = Now.AddHours(1) })).ShouldBe(CommitResult.Committed);

        var view = (await _reader.FindAsync(job, None))!;
        (view.State, view.Outcome, view.Settlement, view.CompletedAt).ShouldBe((JobStateNames.Paid, "Succeeded", settlement, Now));
        var earner = (await _nodes.FindAsync(node, None))!;
        (earner.JobsCompleted, earner.Earned).ShouldBe((1, new HyperAmount(850)));
        (await storage.CountAsync("payment_intents", $"job_id = '{job}' and status = 'completed'")).ShouldBe(1);
    }

    [Fact]
    public async Task A_payment_in_another_mint_adds_up_in_that_mint_and_is_no_HYPER_that_a_node_has_earned()
    {
        var submission = Submission();
        var mint = NewWallet();
        var deposit = new DepositPayment(mint, new HyperAmount(50_000), Convert.ToBase64String([1, .. new byte[64], .. NewHash().ToBytes()]));
        submission = submission with { Signature = submission.Signature with { Deposit = deposit }, Mint = mint };
        (await storage.Get<IJobIntake>().SubmitAsync(submission, None)).ShouldBe(IntakeResult.Accepted);
        var (job, node) = (submission.Intent.JobId, await ANodeAsync(storage));
        var settlement = new Settlement(new(1_000), new(850), new(100), new(50), new(49_000));
        var paid = Row(job, 0, JobStateNames.Paid) with { AssignedNode = node, Settlement = settlement, Outcome = "Succeeded" };
        await Should.ThrowAsync<System.Data.Common.DbException>(() =>
            _journal.CommitAsync(Commit(paid with { Settlement = settlement with { Refund = new(999_000) } })), "not the amount that was paid");
        var before = await _reader.StatsAsync(None);
        (await _journal.CommitAsync(Commit(paid))).ShouldBe(CommitResult.Committed);

        (await _reader.FindAsync(job, None))!.Settlement.ShouldBe(settlement);
        var earner = (await _nodes.FindAsync(node, None))!;
        (earner.JobsCompleted, earner.Earned).ShouldBe((1, HyperAmount.Zero));
        var after = await _reader.StatsAsync(None);
        (after.Charged, after.Refunded).ShouldBe((before.Charged, before.Refunded));
    }

    [Fact]
    public async Task Sums_that_do_not_add_up_are_refused_by_the_database()
    {
        var job = await AJobAsync(storage);
        var wrong = Row(job, 0, JobStateNames.Paid) with { Settlement = new Settlement(new(1_000), new(851), new(100), new(50), new(999_000)) };
        await Should.ThrowAsync<System.Data.Common.DbException>(() => _journal.CommitAsync(Commit(wrong)));
        (await _journal.LoadAsync(job))!.Version.ShouldBe(0);

        // The refusal spoils neither the connection nor its prepared statements.
        var right = wrong with { Settlement = wrong.Settlement with { NodeShare = new(850) } };
        (await _journal.CommitAsync(Commit(right))).ShouldBe(CommitResult.Committed);
    }

    [Fact]
    public async Task An_attempt_is_never_leased_twice()
    {
        var (job, node) = (await AJobAsync(storage), await ANodeAsync(storage));
        await _journal.CommitAsync(Commit(Row(job, 0, JobStateNames.Assigned), Take(job, node, 0)));
        await _journal.CommitAsync(Commit(Row(job, 1, JobStateNames.Matching), Release(job, node)));
        await Should.ThrowAsync<System.Data.Common.DbException>(
            () => _journal.CommitAsync(Commit(Row(job, 2, JobStateNames.Assigned), Take(job, node, 1))));
        (await _journal.LoadAsync(job))!.Version.ShouldBe(2);
    }

    private async Task<IEnumerable<int>> HeldSlotsAsync(NodeId node) => (await _nodes.LiveLeasesAsync(None)).Where(l => l.NodeId == node).Select(l => l.Slot);

    private async Task ShouldBeUntouchedAsync(JobId job, SagaCommit refused, string state, int version)
    {
        (await _journal.LoadAsync(job)).ShouldBe(new StoredSaga(job, state, version, version == 0 ? "{}" : $"{{\"state\":\"{state}\"}}"));
        (await storage.CountAsync("outbox", $"message_id = '{refused.Outbox[0].MessageId:D}'")).ShouldBe(0);
        (await storage.CountAsync("timers", $"job_id = '{job}' and epoch <> 0")).ShouldBe(0); // 0 is the intake's
        (await _reader.HistoryAsync(job, None)).Count.ShouldBe(version + 1);
    }
}

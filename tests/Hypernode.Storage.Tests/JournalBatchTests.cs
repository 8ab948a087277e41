using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Microsoft.Extensions.DependencyInjection;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteJournalBatchTests(SqliteFixture storage) : JournalBatchTests(storage), IClassFixture<SqliteFixture>;

[Trait("Needs", "postgres")]
public sealed class PostgresJournalBatchTests(PostgresFixture storage) : JournalBatchTests(storage), IClassFixture<PostgresFixture>;

public abstract class JournalBatchTests(StorageFixture storage)
{
    private readonly ISagaJournal _journal = storage.Get<ISagaJournal>();
    private readonly IOutbox _outbox = storage.Get<IOutbox>();
    private readonly INodeDirectory _nodes = storage.Get<INodeDirectory>();

    [Fact]
    public async Task Each_item_is_answered_for_itself_in_the_batch_s_order()
    {
        var node = await ANodeAsync(storage);
        var jobs = await JobsAsync(6);
        var seen = Commit(Row(jobs[0], 0, JobStateNames.Matching));
        await _journal.CommitAsync(seen);
        SagaCommit[] batch =
        [
            With(Commit(Row(jobs[1], 0, JobStateNames.Assigned), Take(jobs[1], node, 0))),
            With(seen with { Job = Row(jobs[0], 1, JobStateNames.Executing) }),
            With(Commit(Row(jobs[2], 7, JobStateNames.Matching))),
            With(Commit(Row(jobs[3], 0, JobStateNames.Assigned), Take(jobs[3], node, 0))),
            With(Commit(null)),
            With(Commit(Row(NewJobId(), 0, JobStateNames.Matching))),
            With(Commit(Row(jobs[4], 0, JobStateNames.Rejected))),
        ];

        (await _journal.CommitAsync(batch, [], None)).ShouldBe(
        [
            CommitResult.Committed, CommitResult.Duplicate, CommitResult.VersionConflict, CommitResult.SlotTaken,
            CommitResult.Committed, CommitResult.VersionConflict, CommitResult.Committed,
        ]);

        (await VersionsAsync(jobs)).ShouldBe([1, 1, 0, 0, 1, 0]);
        foreach (var (n, written) in new[] { (0, 1), (1, 0), (2, 0), (3, 0), (4, 1), (5, 0), (6, 1) })
        {
            (await storage.CountAsync("outbox", $"message_id = '{batch[n].Outbox[0].MessageId:D}'")).ShouldBe(written);
            (await storage.CountAsync("inbox", $"message_id = '{batch[n].MessageId:D}'")).ShouldBe(n == 1 ? 1 : written);
        }

        (await storage.CountAsync("leases", $"node_id = '{node}'")).ShouldBe(1);

        SagaCommit With(SagaCommit commit) => commit with { Outbox = [Message(jobs[5])] };
    }

    [Fact]
    public async Task A_slot_that_is_given_back_can_be_taken_in_the_same_batch()
    {
        var (node, jobs) = (await ANodeAsync(storage), await JobsAsync(3));
        await _journal.CommitAsync(Commit(Row(jobs[0], 0, JobStateNames.Assigned), Take(jobs[0], node, 0)));
        SagaCommit[] batch =
        [
            Commit(Row(jobs[1], 0, JobStateNames.Assigned), Take(jobs[1], node, 0)),
            Commit(Row(jobs[0], 1, JobStateNames.Matching), Release(jobs[0], node)),
            Commit(Row(jobs[2], 0, JobStateNames.Assigned), Take(jobs[2], node, 0)),
        ];
        (await _journal.CommitAsync(batch, [], None)).ShouldBe([CommitResult.Committed, CommitResult.Committed, CommitResult.SlotTaken]);
        (await _nodes.LiveLeasesAsync(None)).Where(l => l.NodeId == node).Select(l => l.JobId).ShouldBe([jobs[1]]);
    }

    [Fact]
    public async Task Delivered_rows_go_whatever_becomes_of_the_items()
    {
        var (job, rows) = (await AJobAsync(storage), new[] { Message(), Message(), Message() });
        await _outbox.AddAsync(rows, None);
        (await _journal.CommitAsync([Commit(Row(job, 5, JobStateNames.Paid))], [rows[0].MessageId, NewId()], None)).ShouldBe([CommitResult.VersionConflict]);
        (await _journal.CommitAsync([], [rows[1].MessageId], None)).ShouldBeEmpty();
        (await _journal.CommitAsync([], [], None)).ShouldBeEmpty();
        (await storage.CountAsync("outbox", $"message_id in ('{rows[0].MessageId:D}', '{rows[1].MessageId:D}')")).ShouldBe(0);
        (await storage.CountAsync("outbox", $"message_id = '{rows[2].MessageId:D}'")).ShouldBe(1);
    }

    [Fact]
    public async Task Rows_are_consumed_by_what_is_committed_or_was_before_and_by_nothing_else()
    {
        var jobs = await JobsAsync(3);
        var rows = Enumerable.Range(0, 6).Select(_ => Message()).ToArray();
        var before = Commit(Row(jobs[0], 0, JobStateNames.Matching)) with { MessageId = rows[0].MessageId };
        await _journal.CommitAsync(before);
        await _outbox.AddAsync(rows, None);
        SagaCommit[] batch =
        [
            before with { Consumed = [rows[1].MessageId] },
            Commit(Row(jobs[1], 0, JobStateNames.Matching)) with { MessageId = rows[2].MessageId, Consumed = [rows[3].MessageId, rows[2].MessageId] },
            Commit(Row(jobs[2], 9, JobStateNames.Matching)) with { MessageId = rows[4].MessageId, Consumed = [rows[5].MessageId] },
        ];
        (await _journal.CommitAsync(batch, [], None)).ShouldBe([CommitResult.Duplicate, CommitResult.Committed, CommitResult.VersionConflict]);
        foreach (var (row, n) in rows.Select((r, n) => (r, n)))
        {
            (await storage.CountAsync("outbox", $"message_id = '{row.MessageId:D}'")).ShouldBe(n < 4 ? 0 : 1);
        }
    }

    [Fact]
    public async Task Payments_of_one_batch_to_one_node_all_count()
    {
        var (node, jobs) = (await ANodeAsync(storage), await JobsAsync(5));
        var settlement = new Settlement(new(1_000), new(850), new(100), new(50), new(999_000));
        SagaCommit[] batch = [.. jobs.Select(job => Commit(Row(job, 0, JobStateNames.Paid) with { AssignedNode = node, Settlement = settlement }))];
        (await _journal.CommitAsync(batch, [], None)).ShouldAllBe(r => r == CommitResult.Committed);
        var earner = (await _nodes.FindAsync(node, None))!;
        (earner.JobsCompleted, earner.Earned).ShouldBe((5, new HyperAmount(4_250)));
        (await storage.CountAsync("timers", $"job_id in ({string.Join(", ", jobs.Select(j => $"'{j}'"))})")).ShouldBe(0);
    }

    [Fact]
    public async Task A_refusal_by_the_database_refuses_the_whole_batch()
    {
        var jobs = await JobsAsync(2);
        SagaCommit[] batch =
        [
            Commit(Row(jobs[0], 0, JobStateNames.Matching)),
            Commit(Row(jobs[1], 0, JobStateNames.Paid) with { Settlement = new Settlement(new(1), new(2), new(3), new(4), new(5)) }),
        ];
        await Should.ThrowAsync<System.Data.Common.DbException>(() => _journal.CommitAsync(batch, [], None));
        (await VersionsAsync(jobs)).ShouldBe([0, 0]);
        (await _journal.CommitAsync(batch[0])).ShouldBe(CommitResult.Committed);
    }

    [Fact]
    public async Task A_batch_that_makes_no_sense_is_refused_before_it_is_tried()
    {
        var (job, node) = (await AJobAsync(storage), await ANodeAsync(storage));
        var commit = Commit(Row(job, 0, JobStateNames.Matching));
        await RefusedAsync(commit, Commit(Row(job, 0, JobStateNames.Matching)));
        await RefusedAsync(commit, Commit(null) with { MessageId = commit.MessageId });
        await RefusedAsync(Commit(null, Take(job, node, 0)));
        await RefusedAsync(Commit(Row(job, 0, JobStateNames.Paid, JobStateNames.Matching)));
        (await VersionsAsync([job])).ShouldBe([0]);

        Task RefusedAsync(params SagaCommit[] batch) => Should.ThrowAsync<ArgumentException>(() => _journal.CommitAsync(batch, [], None));
    }

    [Fact]
    public async Task Many_jobs_are_loaded_at_once_and_unknown_ones_are_left_out()
    {
        var jobs = await JobsAsync(3);
        await _journal.CommitAsync(Commit(Row(jobs[1], 0, JobStateNames.Matching)));
        (await _journal.LoadAsync([.. jobs, NewJobId()], None)).OrderBy(s => jobs.IndexOf(s.Id)).Select(s => (s.State, s.Version))
            .ShouldBe([("Initial", 0), ("Matching", 1), ("Initial", 0)]);
        (await _journal.LoadAsync([], None)).ShouldBeEmpty();
    }

    /// <summary>Two hosts, one set of jobs, nodes and messages, in random order: no circle of waiting, and every outcome once.</summary>
    [Fact]
    public async Task Hosts_whose_batches_meet_neither_hang_nor_write_twice()
    {
        await using var elsewhere = storage.Open();
        ISagaJournal[] hosts = [_journal, elsewhere.GetRequiredService<ISagaJournal>()];
        var (jobs, nodes) = (await JobsAsync(24), new[] { await ANodeAsync(storage), await ANodeAsync(storage), await ANodeAsync(storage) });
        for (var round = 0; round < 10; round++)
        {
            var version = round;
            var messages = jobs.Select(_ => NewId()).ToArray();
            var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(async () =>
            {
                var random = new Random((100 * version) + i);
                var order = Enumerable.Range(0, jobs.Count).ToArray();
                random.Shuffle(order);
                SagaCommit[] batch = [.. order.Select(n => Commit(
                    Row(jobs[n], version, JobStateNames.Assigned) with { Attempt = version },
                    version % 2 == 0 ? Take(jobs[n], nodes[n % 3], n / 3, version) : Release(jobs[n], nodes[n % 3])) with { MessageId = messages[n] })];
                return await hosts[i % 2].CommitAsync(batch, [], None).WaitAsync(TimeSpan.FromSeconds(60));
            })));
            answers.SelectMany(a => a).Count(r => r == CommitResult.Committed).ShouldBe(jobs.Count);
            answers.SelectMany(a => a).Count(r => r == CommitResult.Duplicate).ShouldBe(5 * jobs.Count);
            (await VersionsAsync(jobs)).ShouldAllBe(v => v == version + 1);
        }
    }

    private async Task<List<JobId>> JobsAsync(int count) => [.. await Task.WhenAll(Enumerable.Range(0, count).Select(_ => AJobAsync(storage)))];

    private async Task<IEnumerable<int>> VersionsAsync(IReadOnlyList<JobId> jobs)
    {
        var versions = (await _journal.LoadAsync([.. jobs], None)).ToDictionary(s => s.Id, s => s.Version);
        return jobs.Select(j => versions[j]);
    }
}

using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Tests.Rig;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Tests.Engine;

public sealed class CommitLoopTests
{
    private readonly TurnScheduler _turns = new();
    private readonly Journal _journal = new();
    private readonly CommitLoop _commits;

    public CommitLoopTests() => _commits = new CommitLoop(_journal, _turns, TimeProvider.System, Options.Create(new EngineOptions()));

    [Fact]
    public void Rows_that_have_arrived_ride_the_next_transaction_once()
    {
        var (one, two) = (Guid.NewGuid(), Guid.NewGuid());
        _commits.Delivered(one);
        _commits.Delivered(two);
        Commit().IsCompletedSuccessfully.ShouldBeTrue();
        Commit().IsCompletedSuccessfully.ShouldBeTrue();

        _journal.Delivered.ShouldBe([[one, two], []]);
    }

    [Fact]
    public void Rows_whose_transaction_failed_ride_the_next_one()
    {
        var row = Guid.NewGuid();
        _commits.Delivered(row);
        _journal.Down = true;
        Commit().IsFaulted.ShouldBeTrue();
        _journal.Down = false;

        Commit().IsCompletedSuccessfully.ShouldBeTrue();

        _journal.Delivered[^1].ShouldBe([row]);
    }

    [Fact]
    public async Task A_flush_without_rows_touches_nothing()
    {
        await _commits.FlushAsync(CancellationToken.None);

        _journal.Delivered.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_flush_that_failed_forgets_no_row()
    {
        var row = Guid.NewGuid();
        _commits.Delivered(row);
        _journal.Down = true;
        await Should.ThrowAsync<IOException>(() => _commits.FlushAsync(CancellationToken.None));
        _journal.Down = false;

        await _commits.FlushAsync(CancellationToken.None);
        await _commits.FlushAsync(CancellationToken.None);

        _journal.Delivered.ShouldBe([[row], [row]]); // the one that failed, and the one that did not; the third had nothing to do
    }

    [Fact]
    public void A_batch_of_many_jobs_is_one_transaction()
    {
        var all = Enumerable.Range(0, 100).Select(_ => _commits.AddAsync(Empty())).ToList();
        _turns.Pump();

        _journal.Sizes.ShouldBe([100]);
        all.ShouldAllBe(t => t.Result == CommitResult.Committed);
    }

    [Fact]
    public void Its_backlog_is_as_old_as_the_first_commit_that_has_no_answer()
    {
        SynchronizationContext.SetSynchronizationContext(null); // the test runner's: it would let the loop go on elsewhere
        var time = new VirtualTime();
        var commits = new CommitLoop(_journal, _turns, new HostTime(time), Options.Create(new EngineOptions { Batch = 1 }));
        commits.Backlog.ShouldBe(TimeSpan.Zero);
        _journal.Disk = new TaskCompletionSource();
        _ = commits.AddAsync(Empty());
        _turns.Pump(); // under way
        time.Pass(TimeSpan.FromSeconds(3));
        _ = commits.AddAsync(Empty());
        time.Pass(TimeSpan.FromSeconds(4));
        commits.Backlog.ShouldBe(TimeSpan.FromSeconds(7));

        var first = _journal.Disk;
        _journal.Disk = new TaskCompletionSource();
        first.SetResult();
        _turns.Pump();
        commits.Backlog.ShouldBe(TimeSpan.FromSeconds(4));

        _journal.Disk.SetResult();
        _turns.Pump();
        commits.Backlog.ShouldBe(TimeSpan.Zero);
    }

    private Task<CommitResult> Commit()
    {
        var task = _commits.AddAsync(Empty());
        _turns.Pump();
        return task;
    }

    private static SagaCommit Empty() => new(Guid.NewGuid(), [], default, null, [], [], null);

    private sealed class Journal : ISagaJournal
    {
        public bool Down { get; set; }

        /// <summary>Holds a transaction back until it completes.</summary>
        public TaskCompletionSource? Disk { get; set; }

        public List<int> Sizes { get; } = [];

        public List<Guid[]> Delivered { get; } = [];

        public Task<IReadOnlyList<StoredSaga>> LoadAsync(IReadOnlyCollection<Contracts.Jobs.JobId> ids, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public async Task<IReadOnlyList<CommitResult>> CommitAsync(
            IReadOnlyList<SagaCommit> batch, IReadOnlyCollection<Guid> delivered, CancellationToken cancellationToken)
        {
            Sizes.Add(batch.Count);
            Delivered.Add([.. delivered]);
            await (Disk?.Task ?? Task.CompletedTask);
            return Down ? throw new IOException("no database") : [.. batch.Select(_ => CommitResult.Committed)];
        }
    }
}

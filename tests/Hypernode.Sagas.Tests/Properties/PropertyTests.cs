using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Tests.Rig;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Tests.Properties;

/// <summary>T3: any sequence, with shrinking. The seed is fixed; a failure prints the shortest run that still fails.</summary>
public sealed class PropertyTests
{
    [Fact]
    public void No_sequence_of_events_breaks_what_must_hold_of_a_job() => Codes.ForAll(1_000, MachineModel.Run);

    [Fact]
    public void Every_commit_is_answered_once_whatever_fails_and_no_batch_has_a_job_twice() => Codes.ForAll(500, CommitModel.Run);

    /// <summary>The commit loop beside a storage that fails as told: each item is written once or refused, each arrived row goes once.</summary>
    private sealed class CommitModel : ISagaJournal
    {
        private const int Largest = 3;
        private readonly TurnScheduler _turns = new();
        private readonly CommitLoop _commits;
        private readonly List<(SagaCommit Item, Task<CommitResult> Answer)> _asked = [];
        private readonly List<SagaCommit> _written = [];
        private readonly List<Guid> _arrived = [];
        private readonly List<Guid> _gone = [];
        private readonly Queue<TaskCompletionSource> _disk = new();
        private readonly HashSet<Guid> _bad = [];
        private int _failures;
        private int _underWay;

        private CommitModel() => _commits = new CommitLoop(this, _turns, TimeProvider.System, Options.Create(new EngineOptions { Batch = Largest, GatherMilliseconds = 0 }));

        public static void Run(int[] codes)
        {
            SynchronizationContext.SetSynchronizationContext(null); // the test runner's: it would let the loop go on elsewhere
            var model = new CommitModel();
            var jobs = Enumerable.Range(0, 4).Select(_ => new JobId(Guid.NewGuid())).ToList();
            foreach (var code in codes)
            {
                model.Do(code % 8, jobs[code / 8 % 4]);
            }

            model._failures = 0;
            do
            {
                model._turns.Pump();
            }
            while (model.Answer());
            model._commits.FlushAsync(CancellationToken.None).GetAwaiter().GetResult();
            model.Check();
        }

        public Task<IReadOnlyList<StoredSaga>> LoadAsync(IReadOnlyCollection<JobId> ids, CancellationToken cancellationToken) => throw new NotSupportedException();

        public async Task<IReadOnlyList<CommitResult>> CommitAsync(
            IReadOnlyList<SagaCommit> batch, IReadOnlyCollection<Guid> delivered, CancellationToken cancellationToken)
        {
            (++_underWay).ShouldBe(1, "one batch at a time");
            batch.Count.ShouldBeLessThanOrEqualTo(Largest);
            batch.Where(i => i.Job is not null).Select(i => i.Job!.Id).ShouldBeUnique();
            if (batch.Count > 0)
            {
                var disk = new TaskCompletionSource();
                _disk.Enqueue(disk);
                await disk.Task.ConfigureAwait(false);
            }

            _underWay--;
            if (batch.Any(i => _bad.Contains(i.MessageId)) || _failures > 0)
            {
                _failures = Math.Max(0, _failures - 1);
                throw new IOException("as told");
            }

            _written.AddRange(batch);
            _gone.AddRange(delivered);
            return [.. batch.Select(_ => CommitResult.Committed)];
        }

        private void Do(int what, JobId job)
        {
            switch (what)
            {
                case 0 or 1 or 2:
                    Add(job);
                    break;
                case 3:
                    _bad.Add(Add(job));
                    break;
                case 4:
                    _failures++;
                    break;
                case 5:
                    _arrived.Add(Guid.NewGuid());
                    _commits.Delivered(_arrived[^1]);
                    break;
                case 6:
                    Answer();
                    break;
                default:
                    _turns.Pump();
                    break;
            }
        }

        private Guid Add(JobId job)
        {
            var row = new JobRow(job, JobStateNames.Matching, 0, "{}", [], 0, null, null, null, null, null, null, null, []);
            var item = new SagaCommit(Guid.NewGuid(), [], default, row, [], [], null);
            _asked.Add((item, _commits.AddAsync(item)));
            return item.MessageId;
        }

        private bool Answer()
        {
            if (!_disk.TryDequeue(out var disk))
            {
                return false;
            }

            disk.SetResult();
            return true;
        }

        private void Check()
        {
            _asked.ShouldAllBe(a => a.Answer.IsCompleted, "nobody waits for ever");
            _written.ShouldBeUnique("nothing is written twice");
            _written.Select(w => w.MessageId).Order().ShouldBe(_asked.Where(a => a.Answer.IsCompletedSuccessfully).Select(a => a.Item.MessageId).Order());
            _asked.Where(a => _bad.Contains(a.Item.MessageId)).ShouldAllBe(a => a.Answer.IsFaulted);
            foreach (var job in _asked.GroupBy(a => a.Item.Job!.Id))
            {
                _written.Where(w => w.Job!.Id == job.Key).ShouldBe(job.Where(a => a.Answer.IsCompletedSuccessfully).Select(a => a.Item), "a job's order is kept");
            }

            _gone.Order().ShouldBe(_arrived.Order(), "each row that has arrived goes once");
        }
    }
}

using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Hypernode.Storage.Shared;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteJournalModelTests(SqliteFixture storage) : JournalModelTests(storage), IClassFixture<SqliteFixture>;

[Trait("Needs", "postgres")]
public sealed class PostgresJournalModelTests(PostgresFixture storage) : JournalModelTests(storage), IClassFixture<PostgresFixture>;

/// <summary>Random batches, valid and not, against a model that does one item after another in memory.</summary>
public abstract class JournalModelTests(StorageFixture storage)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_random_batch_ends_as_the_model_says(int seed)
    {
        var random = new Random(seed);
        var model = new Model();
        var nodes = new[] { await ANodeAsync(storage), await ANodeAsync(storage) };
        for (var i = 0; i < 12; i++)
        {
            model.Jobs[await AJobAsync(storage)] = 0;
        }

        foreach (var job in model.Jobs.Keys)
        {
            model.Timers[(job, TimerKind.Step)] = 0;
        }

        var journal = storage.Get<ISagaJournal>();
        for (var round = 0; round < 40; round++)
        {
            var batch = Batch(random, model, nodes);
            Guid[] delivered = [.. model.Outbox.Keys.Where(_ => random.Next(10) == 0)];
            var expected = model.Commit(batch, delivered);
            (await journal.CommitAsync(batch, delivered, None)).ShouldBe(expected, $"seed {seed}, round {round}");
            await ShouldBeAsync(model, seed, round);
        }
    }

    private static SagaCommit[] Batch(Random random, Model model, NodeId[] nodes)
    {
        var jobs = model.Jobs.Keys.ToArray();
        random.Shuffle(jobs);
        var batch = new List<SagaCommit>();
        foreach (var job in jobs.Take(random.Next(jobs.Length + 1)))
        {
            var version = model.Jobs[job] - (random.Next(6) == 0 ? 1 : 0);
            var attempt = model.Jobs[job] + 1; // each version leases an attempt of its own
            var lease = random.Next(4) switch
            {
                0 => Take(job, nodes[random.Next(2)], random.Next(3), attempt),
                1 => Release(job, nodes[0]),
                _ => null,
            };
            var row = Row(job, version, JobStateNames.Executing) with { Attempt = attempt };
            var known = model.Inbox.Where(_ => random.Next(20) == 0).FirstOrDefault();
            batch.Add(Commit(random.Next(8) == 0 ? null : row) with
            {
                MessageId = known != default && batch.All(c => c.MessageId != known) ? known : NewId(),
                Consumed = [.. model.Outbox.Keys.Where(_ => random.Next(12) == 0), NewId()],
                Outbox = [.. Enumerable.Range(0, random.Next(3)).Select(_ => Message(job))],
                Timers = random.Next(3) switch
                {
                    0 => [Timer(job, (TimerKind)random.Next(4), Now.AddHours(1), version + 100)],
                    1 => [Timer(job, TimerKind.Step, null), Timer(job, TimerKind.Match, Now.AddHours(1), version + 100)],
                    _ => [],
                },
            });
            batch[^1] = batch[^1] with { Lease = batch[^1].Job is null ? null : lease };
        }

        return [.. batch];
    }

    private async Task ShouldBeAsync(Model model, int seed, int round)
    {
        var sagas = await storage.Get<ISagaJournal>().LoadAsync(model.Jobs.Keys, None);
        sagas.ToDictionary(s => s.Id, s => s.Version).ShouldBe(model.Jobs, ignoreOrder: true, $"versions; seed {seed}, round {round}");
        var jobs = string.Join(", ", model.Jobs.Keys.Select(j => $"'{j}'"));
        (await TextsAsync($"select cast(message_id as text) from outbox where job_id in ({jobs}) and type = 'Some.Type'"))
            .ShouldBe(model.Outbox.Keys.Select(m => m.ToString("D")), ignoreOrder: true, $"outbox; seed {seed}, round {round}");
        (await TextsAsync($"select job_id || ' ' || kind || ' ' || cast(epoch as text) from timers where job_id in ({jobs})"))
            .ShouldBe(model.Timers.Select(t => $"{t.Key.Job} {t.Key.Kind} {t.Value}"), ignoreOrder: true, $"timers; seed {seed}, round {round}");
        (await TextsAsync($"select job_id || ' ' || node_id || ' ' || cast(slot as text) from leases where live and job_id in ({jobs})"))
            .ShouldBe(model.Leases.Select(l => $"{l.Value} {l.Key.Node} {l.Key.Slot}"), ignoreOrder: true, $"leases; seed {seed}, round {round}");
        (await storage.CountAsync("job_transitions", $"job_id in ({jobs})")).ShouldBe(model.Jobs.Count + model.Jobs.Values.Sum());
    }

    private Task<List<string>> TextsAsync(string sql) => storage.Get<Database>().ReadAsync(sql, r => r.Text(0), None);

    private sealed class Model
    {
        public Dictionary<JobId, int> Jobs { get; } = [];

        public HashSet<Guid> Inbox { get; } = [];

        public Dictionary<Guid, JobId?> Outbox { get; } = [];

        public Dictionary<(JobId Job, TimerKind Kind), int> Timers { get; } = [];

        /// <summary>A job may hold several slots: the model is no saga.</summary>
        public Dictionary<(NodeId Node, int Slot), JobId> Leases { get; } = [];

        public CommitResult[] Commit(SagaCommit[] batch, Guid[] delivered)
        {
            var results = new CommitResult[batch.Length];
            foreach (var n in Enumerable.Range(0, batch.Length).OrderBy(n => batch[n].Lease is { Take: false } ? 0 : 1))
            {
                results[n] = Commit(batch[n]);
            }

            foreach (var id in delivered)
            {
                Outbox.Remove(id);
            }

            return results;
        }

        private CommitResult Commit(SagaCommit c)
        {
            if (Inbox.Contains(c.MessageId))
            {
                Consume(c);
                return CommitResult.Duplicate;
            }

            if (c.Job is { } job && Jobs[job.Id] != job.ExpectedVersion)
            {
                return CommitResult.VersionConflict;
            }

            if (c.Lease is { Take: true } wanted && !Leases.TryAdd((wanted.NodeId, wanted.Slot), wanted.JobId))
            {
                return CommitResult.SlotTaken;
            }

            foreach (var held in Leases.Where(l => c.Lease is { Take: false } && l.Value == c.Lease.JobId).Select(l => l.Key).ToArray())
            {
                Leases.Remove(held);
            }

            Write(c);
            return CommitResult.Committed;
        }

        private void Write(SagaCommit c)
        {
            Inbox.Add(c.MessageId);
            Consume(c);
            if (c.Job is { } job)
            {
                Jobs[job.Id]++;
            }

            foreach (var message in c.Outbox)
            {
                Outbox[message.MessageId] = message.JobId;
            }

            foreach (var timer in c.Timers)
            {
                Timers.Remove((timer.JobId, timer.Kind));
                if (timer.DueAt is not null)
                {
                    Timers[(timer.JobId, timer.Kind)] = timer.Epoch;
                }
            }
        }

        private void Consume(SagaCommit c)
        {
            foreach (var id in c.Consumed.Append(c.MessageId))
            {
                Outbox.Remove(id);
            }
        }
    }
}

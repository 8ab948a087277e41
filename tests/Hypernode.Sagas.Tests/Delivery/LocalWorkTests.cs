using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Delivery;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Tests.Rig;
using Microsoft.Extensions.Logging;

namespace Hypernode.Sagas.Tests.Delivery;

/// <summary>Workers beside the saga: straight from the commit, with the row as the net below.</summary>
public sealed class LocalWorkTests : EngineTests
{
    private static readonly EngineOptions LockIsHere = new() { Local = "LockEscrow" };

    [Fact]
    public void An_answer_s_commit_takes_its_command_s_row()
    {
        var worker = new StepWorker<LockEscrow>(c => new EscrowLocked(c.JobId, "lock-sig", default));
        var host = Rig.Host(LockIsHere, worker.Hosted());

        Rig.Reach(host, JobStateNames.Matching);

        worker.Asked.ShouldHaveSingleItem();
        var (asked, answered) = (Rig.Commits.ElementAt(1), Rig.Commits.ElementAt(2));
        answered.Consumed.ShouldContain(asked.Outbox.Single().MessageId);
        answered.MessageId.ShouldBe(Answers.IdOf(asked.Outbox.Single().MessageId));
        Rig.Broker.Published.OfType<LockEscrow>().ShouldBeEmpty();
    }

    [Fact]
    public void A_worker_that_can_t_answer_is_asked_a_few_times_and_then_its_row_waits_for_the_relay()
    {
        var tries = 0;
        var worker = new StepWorker<LockEscrow>(c => ++tries <= 5 ? throw new IOException("no chain") : new EscrowLocked(c.JobId, "lock-sig", default));
        var host = Rig.Host(LockIsHere, worker.Hosted());
        Rig.Reach(host, JobStateNames.EscrowPending);
        for (var i = 0; i < 8; i++)
        {
            Rig.Time.Pass(TimeSpan.FromSeconds(1));
            host.Turn();
        }

        tries.ShouldBe(5);
        host.Local.StillAt(DateTimeOffset.MaxValue).ShouldBeEmpty(); // given up
        Rig.Storage.Outbox(Rig.Job).ShouldBe([typeof(LockEscrow).FullName!]);
        for (var i = 0; i < 12; i++)
        {
            Rig.Time.Pass(TimeSpan.FromSeconds(1));
            host.Turn();
        }

        Rig.State.ShouldBe(JobStateNames.Matching);
        Rig.Storage.Outbox(Rig.Job).ShouldBe([typeof(MatchJob).FullName!]);
    }

    [Fact]
    public void A_worker_that_never_answers_a_job_is_asked_on_and_told_of_once()
    {
        var tries = 0;
        var broken = true;
        var worker = new StepWorker<LockEscrow>(c => ++tries > 0 && broken ? throw new InvalidOperationException("a defect") : new EscrowLocked(c.JobId, "lock-sig", default));
        var host = Rig.Host(LockIsHere, worker.Hosted());
        using var log = new Alarms();
        host.Get<ILoggerFactory>().AddProvider(log);
        using var counted = new EngineCounter("hypernode.engine.given_up");

        Rig.Reach(host, JobStateNames.EscrowPending);
        Pass(host, seconds: 25);
        log.Events.ShouldBeEmpty(); // it may pass
        Pass(host, seconds: 120);

        log.Events.ShouldBe([2006]);
        counted.Tags.Count.ShouldBeGreaterThan(LocalWork.AlarmAfter);
        counted.Tags.Distinct().ShouldBe([nameof(LockEscrow)]);
        Rig.Storage.Outbox(Rig.Job).ShouldBe([typeof(LockEscrow).FullName!]); // never deleted
        var before = tries;
        Pass(host, seconds: 30);
        tries.ShouldBeGreaterThan(before);

        broken = false;
        Pass(host, seconds: 20);
        Rig.State.ShouldBe(JobStateNames.Matching);
        log.Events.ShouldBe([2006]);
    }

    [Fact]
    public void A_row_that_is_taken_twice_is_worked_on_once()
    {
        var worker = new SlowWorker(typeof(LockEscrow));
        var host = Rig.Host(LockIsHere, worker);
        Rig.Reach(host, JobStateNames.EscrowPending);
        var command = worker.Taken.ShouldHaveSingleItem().Command;
        var row = Rig.Commits.Last().Outbox.Single();

        host.Do(() =>
        {
            host.Local.Start(row, command);
            return Task.CompletedTask;
        });

        worker.Taken.Count.ShouldBe(1);
    }

    [Fact]
    public void A_row_that_is_worked_on_is_kept_from_every_other_host_however_long_it_takes()
    {
        var (slow, idle) = (new SlowWorker(typeof(LockEscrow)), new SlowWorker(typeof(LockEscrow)));
        var (host, other) = (Rig.Host(LockIsHere, slow), Rig.Host(LockIsHere, idle));
        Rig.Reach(host, JobStateNames.EscrowPending);

        for (var i = 0; i < 12; i++) // within the step's patience: then the saga itself asks anew
        {
            Rig.Time.Pass(TimeSpan.FromSeconds(1));
            host.Turn();
            other.Turn();
        }

        idle.Taken.ShouldBeEmpty();
        Answer(host, slow, 0, new EscrowLocked(Rig.Job, "lock-sig", default));
        Rig.State.ShouldBe(JobStateNames.Matching);
    }

    [Fact]
    public void A_dead_host_s_row_is_another_s_when_its_time_is_up()
    {
        var (slow, ready) = (new SlowWorker(typeof(LockEscrow)), new StepWorker<LockEscrow>(c => new EscrowLocked(c.JobId, "lock-sig", default)));
        var (host, other) = (Rig.Host(LockIsHere, slow), Rig.Host(LockIsHere, ready.Hosted()));
        Rig.Reach(host, JobStateNames.EscrowPending);
        host.Die();

        Rig.Time.Pass(TimeSpan.FromSeconds(9));
        other.Turn();
        ready.Asked.ShouldBeEmpty(); // ten seconds are the host's own
        Rig.Time.Pass(TimeSpan.FromSeconds(1));
        other.Turn();

        Rig.State.ShouldBe(JobStateNames.Matching);
    }

    [Fact]
    public void No_more_commands_of_a_kind_run_at_once_than_allowed()
    {
        var worker = new SlowWorker(typeof(VerifyIntent));
        var host = Rig.Host(new EngineOptions { Local = "VerifyIntent", Fused = "", Concurrency = 2 }, worker);
        var jobs = Enumerable.Range(0, 5).Select(_ => Rig.Accept()).ToList();
        jobs.ForEach(j => host.Handle(j.Submitted()));
        worker.Taken.Count.ShouldBe(2);

        for (var i = 0; i < 5; i++)
        {
            Answer(host, worker, i, new IntentVerified(jobs[i].Intent.JobId));
            worker.Taken.Count.ShouldBe(Math.Min(5, i + 3));
        }

        jobs.ForEach(j => Rig.Storage.Saga(j.Intent.JobId).State.ShouldBe(JobStateNames.EscrowPending));
        host.Local.StillAt(DateTimeOffset.MaxValue).ShouldBeEmpty();
    }

    [Fact]
    public void Kinds_do_not_wait_for_each_other()
    {
        var (locks, checks) = (new SlowWorker(typeof(LockEscrow)), new StepWorker<VerifyIntent>(c => new IntentVerified(c.JobId)));
        var host = Rig.Host(new EngineOptions { Local = "VerifyIntent, LockEscrow", Fused = "", Concurrency = 1 }, locks, checks.Hosted());

        host.Handle(Rig.Submission.Submitted());
        host.Handle(Rig.Accept().Submitted());

        checks.Asked.Count.ShouldBe(2); // although the one lock that may run has not come back
        locks.Taken.Count.ShouldBe(1);
    }

    [Fact]
    public void A_message_about_no_job_is_given_up_at_once()
    {
        var host = Rig.Host();
        var stranger = new IntentVerified(new JobId(Guid.NewGuid()));
        var row = new OutboxMessage(Guid.NewGuid(), "hypernode.jobs", typeof(IntentVerified).FullName!, ContractCodec.Serialize(stranger), stranger.JobId);

        host.Do(() => host.Get<OutboxDispatcher>().DispatchAsync([row], CancellationToken.None));

        host.Local.StillAt(DateTimeOffset.MaxValue).ShouldBeEmpty();
        Rig.Loads.ShouldBe(1);
    }

    [Fact]
    public void An_answer_whose_commit_failed_is_not_lost_with_it()
    {
        var worker = new StepWorker<LockEscrow>(c => new EscrowLocked(c.JobId, "lock-sig", default));
        var host = Rig.Host(LockIsHere, worker.Hosted());
        var failures = 0;
        Rig.Reach(host, JobStateNames.Submitted);
        Rig.Failing = call => _ = call is { Port: Port.Commit, Subject: Batch { Items: [{ Job.State: JobStateNames.Matching }] } } && failures++ < 2
            ? throw new IOException("no database") : 0;

        host.Handle(new IntentVerified(Rig.Job));
        for (var i = 0; i < 4; i++)
        {
            Rig.Time.Pass(TimeSpan.FromSeconds(1));
            host.Turn();
        }

        failures.ShouldBe(3);
        Rig.State.ShouldBe(JobStateNames.Matching);
    }

    private void Pass(EngineHost host, int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            Rig.Time.Pass(TimeSpan.FromSeconds(1));
            host.Turn();
        }
    }

    private static void Answer(EngineHost host, SlowWorker worker, int n, object answer) => host.Do(() =>
    {
        worker.Taken[n].Answer.SetResult(answer);
        return Task.CompletedTask;
    });

    /// <summary>The errors of a host's log.</summary>
    private sealed class Alarms : ILoggerProvider, ILogger
    {
        public List<int> Events { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                Events.Add(eventId.Id);
            }
        }

        public void Dispose()
        {
        }
    }
}

using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Topology;
using Hypernode.Sagas.Delivery;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Tests.Rig;

namespace Hypernode.Sagas.Tests.Delivery;

/// <summary>Answers, senders, rows that have arrived, and rows that can't be read.</summary>
public sealed class DeliveryTests : EngineTests
{
    [Fact]
    public void An_answer_s_id_follows_from_its_command_s_and_is_another_one()
    {
        var (one, two) = (Guid.NewGuid(), Guid.NewGuid());

        Answers.IdOf(one).ShouldBe(Answers.IdOf(one));
        Answers.IdOf(one).ShouldNotBe(one);
        Answers.IdOf(one).ShouldNotBe(Answers.IdOf(two));
        Answers.IdOf(new Guid("00112233-4455-6677-8899-aabbccddeeff")).ShouldBe(
            new Guid("eed25b6d-7156-e111-5d13-01d450e22b1c"), "hosts of two versions share a queue: the id must not change");
    }

    [Fact]
    public void A_command_that_was_run_twice_answers_once_and_its_row_goes()
    {
        var host = Rig.Host(EngineRig.AllApart);
        Rig.Reach(host, JobStateNames.EscrowPending);
        var command = Rig.Commits.Last().Outbox.Single().MessageId;
        var answer = new EscrowLocked(Rig.Job, "lock-sig", default);
        host.Handle(answer, Answers.IdOf(command), command);
        var version = Rig.Storage.Saga(Rig.Job).Version;

        host.Handle(answer, Answers.IdOf(command), command);

        Rig.Storage.Saga(Rig.Job).Version.ShouldBe(version);
        Rig.Broker.Published.OfType<MatchJob>().Count().ShouldBe(1);
        Rig.Storage.Outbox(Rig.Job).ShouldBe([typeof(MatchJob).FullName!]);
    }

    [Fact]
    public void A_message_from_outside_returns_when_its_transition_is_durable()
    {
        var host = Rig.Host(EngineRig.AllApart);
        Rig.Reach(host, JobStateNames.Matching);
        Rig.Failing = call => _ = call.Port == Port.Commit ? throw new IOException("no database") : 0;
        Should.Throw<IOException>(() => Send(host, new CancelRequested(Rig.Job))); // whoever brought it keeps it
        Rig.Failing = _ => { };

        Send(host, new CancelRequested(Rig.Job));

        Rig.State.ShouldBe(JobStateNames.Refunding);
    }

    [Fact]
    public void A_host_without_the_saga_stores_a_message_before_it_sends_it()
    {
        var host = Elsewhere();

        Send(host, new CancelRequested(Rig.Job));

        Rig.Calls.Select(c => c.Port).ShouldBe([Port.Relay, Port.Queue]);
        Rig.Storage.Outbox(Rig.Job).ShouldBe([typeof(CancelRequested).FullName!]); // until the saga's commit takes it
        var letter = Rig.Broker.Queue.Single();
        Rig.Host(EngineRig.AllApart).Handle((IJobMessage)letter.Message, letter.Id, letter.Cause);
        Rig.Storage.Outbox(Rig.Job).ShouldBeEmpty();
    }

    [Fact]
    public void A_host_without_the_saga_and_without_a_broker_sends_when_the_broker_is_back()
    {
        var host = Elsewhere();
        Rig.Failing = call => _ = call.Port == Port.Queue ? throw new IOException("no broker") : 0;
        Send(host, new CancelRequested(Rig.Job)); // accepted: its row is durable
        Rig.Broker.Queue.ShouldBeEmpty();
        Rig.Failing = _ => { };

        Rig.Time.Pass(TimeSpan.FromSeconds(1));
        host.Do(() => host.Relay.RelayAsync(CancellationToken.None));

        Rig.Broker.Queue.ShouldHaveSingleItem().Message.ShouldBeOfType<CancelRequested>();
    }

    [Fact]
    public void A_node_s_command_that_the_broker_has_goes_with_the_next_commit()
    {
        var host = Rig.Host(EngineRig.AllApart);
        Rig.Reach(host, JobStateNames.Assigned);
        host.Handle(new NodeAssigned(Rig.Job, 1, "assign-sig"));
        var row = Rig.Commits.Last().Outbox.Single(m => m.Type == typeof(ExecuteJob).FullName);
        Rig.Storage.Outbox(Rig.Job).ShouldContain(typeof(ExecuteJob).FullName!);

        host.Handle(new JobStarted(Rig.Job, 1, Rig.NodeId));

        ((Batch)Rig.Calls.Last(c => c.Port == Port.Commit).Subject!).Delivered.ShouldBe([row.MessageId]);
        Rig.Storage.Outbox(Rig.Job).ShouldNotContain(typeof(ExecuteJob).FullName!);
    }

    [Fact]
    public void A_node_s_command_that_the_broker_does_not_have_is_sent_again()
    {
        var host = Rig.Host(EngineRig.AllApart);
        Rig.Reach(host, JobStateNames.Assigned);
        Rig.Failing = call => _ = call.Port == Port.Node ? throw new IOException("no broker") : 0;
        host.Handle(new NodeAssigned(Rig.Job, 1, "assign-sig"));
        Rig.Failing = _ => { };

        Rig.Time.Pass(TimeSpan.FromSeconds(1));
        host.Do(() => host.Relay.RelayAsync(CancellationToken.None));

        Rig.Broker.ForNodes.ShouldHaveSingleItem().ShouldBeOfType<ExecuteJob>();
    }

    [Theory]
    [InlineData("Hypernode.Contracts.Events.OfTheFuture", "{}")]
    [InlineData("Hypernode.Contracts.Events.IntentVerified", "not JSON")]
    [InlineData("Hypernode.Contracts.Events.IntentVerified", "null")]
    [InlineData("Hypernode.Contracts.Commands.ExecuteJob", "{\"kind\":\"nobody-knows\"}")]
    [InlineData("Hypernode.Contracts.Commands.ExecuteJob", "{}")]
    public void A_row_that_can_t_be_read_stays_and_holds_up_nobody(string type, string body)
    {
        var host = Rig.Host(EngineRig.AllApart);
        Rig.Reach(host, JobStateNames.Submitted);
        var job = Rig.Job;
        var outbox = Rig.Storage.Get<IOutbox>();
        OutboxMessage[] rows =
        [
            new(Guid.Empty, Queues.JobSaga, type, body, job), // the oldest
            new(Guid.NewGuid(), Queues.JobSaga, typeof(IntentVerified).FullName!, ContractCodec.Serialize(new IntentVerified(job)), job),
        ];
        foreach (var row in rows)
        {
            outbox.AddAsync([row], CancellationToken.None).GetAwaiter().GetResult();
        }

        using var unread = new EngineCounter("hypernode.engine.unread");
        host.Do(() => host.Relay.RelayAsync(CancellationToken.None));

        unread.Tags.Count.ShouldBe(1);
        Rig.State.ShouldBe(JobStateNames.EscrowPending);
        Rig.Storage.Query("select type from outbox where message_id = '00000000-0000-0000-0000-000000000000'").ShouldBe([type]);
    }

    [Fact]
    public void A_timer_that_can_t_be_read_holds_up_no_other()
    {
        var host = Rig.Host(EngineRig.AllApart);
        Rig.Reach(host, JobStateNames.EscrowPending);
        var other = Rig.Accept();
        host.Handle(other.Submitted());
        Rig.Storage.Execute($"update timers set type = 'Hypernode.Contracts.Timers.OfTheFuture' where job_id = '{other.Intent.JobId}'");
        var asked = Rig.Broker.Published.OfType<LockEscrow>().Count();

        Rig.Time.Pass(TimeSpan.FromSeconds(20));
        host.Do(() => host.Relay.FireTimersAsync(CancellationToken.None));

        Rig.Broker.Published.OfType<LockEscrow>().Count().ShouldBe(asked + 1);
    }

    [Fact]
    public void Every_row_has_an_id_of_its_own_and_its_host_s_name()
    {
        var host = Rig.Host(EngineRig.AllApart);
        Rig.Reach(host, JobStateNames.Paid);

        var rows = Rig.Commits.SelectMany(c => c.Outbox).ToList();
        rows.Select(r => r.MessageId).Distinct().Count().ShouldBe(rows.Count);
        rows.ShouldAllBe(r => r.Owner == host.Get<EngineIdentity>().Name && r.TakenUntil > Rig.Time.Now);
    }

    private EngineHost Elsewhere() => new(
        new Ports(Rig.Storage.Get<ISagaJournal>(), Rig.Storage.Get<IOutbox>(), Rig.Broker, Rig.Broker, Rig), Rig.Time, EngineRig.AllApart, sagas: false);

    private static void Send(EngineHost host, object message) =>
        host.Do(() => host.Get<IMessageSender>().SendAsync(message, CancellationToken.None));
}

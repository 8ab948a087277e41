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
public sealed class DeliveryTests : IDisposable
{
    private readonly EngineRig _rig = new();

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
        var host = _rig.Host(EngineRig.AllApart);
        _rig.Reach(host, JobStateNames.EscrowPending);
        var command = _rig.Commits.Last().Outbox.Single().MessageId;
        var answer = new EscrowLocked(_rig.Job, "lock-sig", default);
        host.Handle(answer, Answers.IdOf(command), command);
        var version = _rig.Storage.Saga(_rig.Job).Version;

        host.Handle(answer, Answers.IdOf(command), command);

        _rig.Storage.Saga(_rig.Job).Version.ShouldBe(version);
        _rig.Broker.Published.OfType<MatchJob>().Count().ShouldBe(1);
        _rig.Storage.Outbox(_rig.Job).ShouldBe([typeof(MatchJob).FullName!]);
    }

    [Fact]
    public void A_message_from_outside_returns_when_its_transition_is_durable()
    {
        var host = _rig.Host(EngineRig.AllApart);
        _rig.Reach(host, JobStateNames.Matching);
        _rig.Failing = call => _ = call.Port == Port.Commit ? throw new IOException("no database") : 0;
        Should.Throw<IOException>(() => Send(host, new CancelRequested(_rig.Job))); // whoever brought it keeps it
        _rig.Failing = _ => { };

        Send(host, new CancelRequested(_rig.Job));

        _rig.State.ShouldBe(JobStateNames.Refunding);
    }

    [Fact]
    public void A_host_without_the_saga_stores_a_message_before_it_sends_it()
    {
        var host = Elsewhere();

        Send(host, new CancelRequested(_rig.Job));

        _rig.Calls.Select(c => c.Port).ShouldBe([Port.Relay, Port.Queue]);
        _rig.Storage.Outbox(_rig.Job).ShouldBe([typeof(CancelRequested).FullName!]); // until the saga's commit takes it
        var letter = _rig.Broker.Queue.Single();
        _rig.Host(EngineRig.AllApart).Handle((IJobMessage)letter.Message, letter.Id, letter.Cause);
        _rig.Storage.Outbox(_rig.Job).ShouldBeEmpty();
    }

    [Fact]
    public void A_host_without_the_saga_and_without_a_broker_sends_when_the_broker_is_back()
    {
        var host = Elsewhere();
        _rig.Failing = call => _ = call.Port == Port.Queue ? throw new IOException("no broker") : 0;
        Send(host, new CancelRequested(_rig.Job)); // accepted: its row is durable
        _rig.Broker.Queue.ShouldBeEmpty();
        _rig.Failing = _ => { };

        _rig.Time.Pass(TimeSpan.FromSeconds(1));
        host.Do(() => host.Relay.RelayAsync(CancellationToken.None));

        _rig.Broker.Queue.ShouldHaveSingleItem().Message.ShouldBeOfType<CancelRequested>();
    }

    [Fact]
    public void A_node_s_command_that_the_broker_has_goes_with_the_next_commit()
    {
        var host = _rig.Host(EngineRig.AllApart);
        _rig.Reach(host, JobStateNames.Assigned);
        host.Handle(new NodeAssigned(_rig.Job, 1, "assign-sig"));
        var row = _rig.Commits.Last().Outbox.Single(m => m.Type == typeof(ExecuteJob).FullName);
        _rig.Storage.Outbox(_rig.Job).ShouldContain(typeof(ExecuteJob).FullName!);

        host.Handle(new JobStarted(_rig.Job, 1, _rig.NodeId));

        ((Batch)_rig.Calls.Last(c => c.Port == Port.Commit).Subject!).Delivered.ShouldBe([row.MessageId]);
        _rig.Storage.Outbox(_rig.Job).ShouldNotContain(typeof(ExecuteJob).FullName!);
    }

    [Fact]
    public void A_node_s_command_that_the_broker_does_not_have_is_sent_again()
    {
        var host = _rig.Host(EngineRig.AllApart);
        _rig.Reach(host, JobStateNames.Assigned);
        _rig.Failing = call => _ = call.Port == Port.Node ? throw new IOException("no broker") : 0;
        host.Handle(new NodeAssigned(_rig.Job, 1, "assign-sig"));
        _rig.Failing = _ => { };

        _rig.Time.Pass(TimeSpan.FromSeconds(1));
        host.Do(() => host.Relay.RelayAsync(CancellationToken.None));

        _rig.Broker.ForNodes.ShouldHaveSingleItem().ShouldBeOfType<ExecuteJob>();
    }

    [Theory]
    [InlineData("Hypernode.Contracts.Events.OfTheFuture", "{}")]
    [InlineData("Hypernode.Contracts.Events.IntentVerified", "not JSON")]
    [InlineData("Hypernode.Contracts.Events.IntentVerified", "null")]
    [InlineData("Hypernode.Contracts.Commands.ExecuteJob", "{\"kind\":\"nobody-knows\"}")]
    [InlineData("Hypernode.Contracts.Commands.ExecuteJob", "{}")]
    public void A_row_that_can_t_be_read_stays_and_holds_up_nobody(string type, string body)
    {
        var host = _rig.Host(EngineRig.AllApart);
        _rig.Reach(host, JobStateNames.Submitted);
        var job = _rig.Job;
        var outbox = _rig.Storage.Get<IOutbox>();
        OutboxMessage[] rows =
        [
            new(Guid.Empty, Queues.JobSaga, type, body, job), // the oldest
            new(Guid.NewGuid(), Queues.JobSaga, typeof(IntentVerified).FullName!, ContractCodec.Serialize(new IntentVerified(job)), job),
        ];
        foreach (var row in rows)
        {
            outbox.AddAsync([row], CancellationToken.None).GetAwaiter().GetResult();
        }

        host.Do(() => host.Relay.RelayAsync(CancellationToken.None));

        _rig.State.ShouldBe(JobStateNames.EscrowPending);
        _rig.Storage.Query("select type from outbox where message_id = '00000000-0000-0000-0000-000000000000'").ShouldBe([type]);
    }

    [Fact]
    public void A_timer_that_can_t_be_read_holds_up_no_other()
    {
        var host = _rig.Host(EngineRig.AllApart);
        _rig.Reach(host, JobStateNames.EscrowPending);
        var other = _rig.Accept();
        host.Handle(other.Submitted());
        _rig.Storage.Execute($"update timers set type = 'Hypernode.Contracts.Timers.OfTheFuture' where job_id = '{other.Intent.JobId}'");
        var asked = _rig.Broker.Published.OfType<LockEscrow>().Count();

        _rig.Time.Pass(TimeSpan.FromSeconds(20));
        host.Do(() => host.Relay.FireTimersAsync(CancellationToken.None));

        _rig.Broker.Published.OfType<LockEscrow>().Count().ShouldBe(asked + 1);
    }

    [Fact]
    public void Every_row_has_an_id_of_its_own_and_its_host_s_name()
    {
        var host = _rig.Host(EngineRig.AllApart);
        _rig.Reach(host, JobStateNames.Paid);

        var rows = _rig.Commits.SelectMany(c => c.Outbox).ToList();
        rows.Select(r => r.MessageId).Distinct().Count().ShouldBe(rows.Count);
        rows.ShouldAllBe(r => r.Owner == host.Get<EngineIdentity>().Name && r.TakenUntil > _rig.Time.Now);
    }

    public void Dispose() => _rig.Dispose();

    private EngineHost Elsewhere() => new(
        new Ports(_rig.Storage.Get<ISagaJournal>(), _rig.Storage.Get<IOutbox>(), _rig.Broker, _rig.Broker, _rig), _rig.Time, EngineRig.AllApart, sagas: false);

    private static void Send(EngineHost host, object message) =>
        host.Do(() => host.Get<IMessageSender>().SendAsync(message, CancellationToken.None));
}

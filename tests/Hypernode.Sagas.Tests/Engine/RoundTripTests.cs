using System.Diagnostics;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Tests.Rig;

namespace Hypernode.Sagas.Tests.Engine;

/// <summary>What the counted calls cost on the wire: as the driver itself reports its commands.</summary>
[Trait("Needs", "postgres")]
public sealed class RoundTripTests : IDisposable
{
    private readonly TestStorage _storage = TestStorage.Postgres();
    private readonly VirtualTime _time = new();
    private readonly Activity _mine = new Activity("round trips").Start();
    private readonly List<Activity> _commands = [];
    private readonly ActivityListener _listener;

    public RoundTripTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = command =>
            {
                if (command.TraceId == _mine.TraceId) // other tests of this process talk to the server too
                {
                    _commands.Add(command);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [Fact]
    public void An_intake_a_load_and_a_commit_are_one_round_trip_and_at_most_one_transaction_each()
    {
        var submission = Given.Submission(_time.Now);
        using var host = new EngineHost(
            new Ports(_storage.Get<ISagaJournal>(), _storage.Get<IOutbox>(), new Broker(), new Broker(), new Nobody()), _time, EngineRig.AllApart);
        _storage.Get<IJobIntake>().SubmitAsync(Given.Submission(_time.Now), CancellationToken.None).GetAwaiter().GetResult(); // opens the connection
        _commands.Clear();

        _storage.Get<IJobIntake>().SubmitAsync(submission, CancellationToken.None).GetAwaiter().GetResult().ShouldBe(IntakeResult.Accepted);

        _commands.Count.ShouldBe(1); // user, job, intent, history, first message, its timer: one batch
        var job = submission.Intent.JobId;
        _storage.Query($"""
            select distinct xmin::text from (
                select xmin from jobs where job_id = '{job}' union all select xmin from payment_intents where job_id = '{job}'
                union all select xmin from job_transitions where job_id = '{job}' union all select xmin from outbox where job_id = '{job}'
                union all select xmin from timers where job_id = '{job}') as written
            """).Count.ShouldBe(1); // and one transaction

        _commands.Clear();
        host.Handle(submission.Submitted());
        _commands.Count.ShouldBe(2); // the load, the commit

        _commands.Clear();
        host.Handle(new IntentVerified(job));
        _commands.Count.ShouldBe(1); // the job is remembered: the commit alone
    }

    public void Dispose()
    {
        _listener.Dispose();
        _mine.Dispose();
        _storage.Dispose();
    }

    private sealed class Nobody : IWatch
    {
        public void Before(PortCall call)
        {
        }

        public void After(PortCall call)
        {
        }
    }
}

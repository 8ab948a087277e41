using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Tests.Rig;

namespace Hypernode.Sagas.Tests.Engine;

/// <summary>
/// What one job of the happy path costs, alone in the system (so nothing is shared with a batch): exact numbers, each with
/// its reason, so that nobody adds one unseen. Under load the same commits and loads are shared by up to a batch of jobs.
/// </summary>
public sealed class ExactCountsTests
{
    [Fact]
    public void A_job_whose_workers_are_beside_the_saga_costs_three_broker_messages_and_six_commits()
    {
        var counted = Count(new EngineOptions());

        counted.BrokerMessages.ShouldBe([
            nameof(ExecuteJob), // node agents are always on queues
            nameof(JobStarted), // the node says so
            nameof(JobExecuted), // and brings its receipt
        ]);
        counted.Commits.ShouldBe([
            "Submitted, IntentVerified, EscrowPending", // the intent is verified inside; asks for the lock
            "Matching, Assigned", // the lock's answer; the match is made inside, its slot taken; asks for the assignment
            "", // the assignment's answer: tells the node to run; the state stays
            "Executing", // the node started; the row of ExecuteJob, which has arrived, rides along
            "Executed, Verified, SettlementPending", // the receipt is judged inside; asks for the settlement
            "Paid", // the settlement's answer
        ]);
        counted.Loads.ShouldBe(1); // the first message's; then the job is remembered until it has ended
        counted.Other.ShouldBe(0); // nothing else touches the storage: no row is inserted, kept or removed outside of a commit
        counted.RowsWritten.ShouldBe([
            nameof(LockEscrow), // these three stay until the commit of their answer takes them
            nameof(AssignNode),
            nameof(ExecuteJob), // until the broker has confirmed it
            nameof(SettlePayment),
        ]);
    }

    [Fact]
    public void A_job_whose_chain_workers_are_apart_costs_nine_broker_messages_and_no_commit_more()
    {
        var counted = Count(new EngineOptions { Local = "VerifyIntent, MatchJob, VerifyResult" });

        counted.BrokerMessages.ShouldBe([
            nameof(LockEscrow), nameof(EscrowLocked), // a hop there and a hop back, for each of the three steps on chain
            nameof(AssignNode), nameof(NodeAssigned),
            nameof(ExecuteJob), nameof(JobStarted), nameof(JobExecuted), // the node's three
            nameof(SettlePayment), nameof(PaymentSettled),
        ]);
        counted.Commits.Count.ShouldBe(6); // as above: where a worker runs changes no transition
        counted.Loads.ShouldBe(1);
        counted.Other.ShouldBe(0);
    }

    [Fact]
    public void A_job_with_every_worker_apart_costs_fifteen_broker_messages_and_nine_commits()
    {
        var counted = Count(new EngineOptions { Local = "" });

        counted.BrokerMessages.ShouldBe([
            nameof(VerifyIntent), nameof(IntentVerified), // a pure step that is not fused is a hop there and back, and a commit of its own
            nameof(LockEscrow), nameof(EscrowLocked),
            nameof(MatchJob), nameof(NodeMatched),
            nameof(AssignNode), nameof(NodeAssigned),
            nameof(ExecuteJob), nameof(JobStarted), nameof(JobExecuted),
            nameof(VerifyResult), nameof(ResultVerified),
            nameof(SettlePayment), nameof(PaymentSettled),
        ]);
        counted.Commits.Count.ShouldBe(9); // six, and one for each of the three pure steps
        counted.Loads.ShouldBe(1);
        counted.Other.ShouldBe(0);
    }

    [Fact]
    public void The_pure_steps_beside_the_saga_but_not_fused_cost_a_commit_each_and_no_broker_message()
    {
        var counted = Count(new EngineOptions { Fused = "" });

        counted.BrokerMessages.Count.ShouldBe(3); // the node's
        counted.Commits.Count.ShouldBe(9);
    }

    [Fact]
    public void Without_the_cache_each_message_costs_a_load()
    {
        var counted = Count(new EngineOptions { CachedJobs = 0 });

        counted.Loads.ShouldBe(6); // one a commit
        counted.Commits.Count.ShouldBe(6);
    }

    private static Counted Count(EngineOptions options)
    {
        using var storage = TestStorage.Sqlite();
        var counted = new Counted();
        using var world = new World(storage, new Story("happy", JobStateNames.Paid), options, counted);

        world.Run();

        storage.Saga(world.Job).State.ShouldBe(JobStateNames.Paid);
        counted.BrokerMessages.AddRange(world.Broker.Published.Select(m => m.GetType().Name));
        return counted;
    }

    private sealed class Counted : IWatch
    {
        public List<string> BrokerMessages { get; } = [];

        /// <summary>The states that each transaction entered.</summary>
        public List<string> Commits { get; } = [];

        public List<string> RowsWritten { get; } = [];

        public int Loads { get; private set; }

        public int Other { get; private set; }

        public void Before(PortCall call)
        {
            switch (call)
            {
                case { Port: Port.Commit, Subject: Batch batch }:
                    Commits.Add(string.Join("; ", batch.Items.Select(i => string.Join(", ", i.Job?.Entered.Select(e => e.State) ?? []))));
                    RowsWritten.AddRange(batch.Items.SelectMany(i => i.Outbox).Select(m => m.Type.Split('.')[^1]));
                    break;
                case { Port: Port.Load, Subject: IReadOnlyCollection<JobId> jobs }:
                    jobs.Count.ShouldBe(1);
                    Loads++;
                    break;
                case { Port: Port.Keep or Port.Relay or Port.Timers } when !Commits.Contains("Paid"): // then the relay looks once, at its own pace
                    Other++;
                    break;
            }
        }

        public void After(PortCall call)
        {
        }
    }
}

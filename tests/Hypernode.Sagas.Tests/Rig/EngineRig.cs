using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Sagas.Delivery;
using Hypernode.Sagas.Engine;

namespace Hypernode.Sagas.Tests.Rig;

/// <summary>A storage, a broker, a job that the intake has accepted, and as many hosts as a test wants. It notes every call of theirs.</summary>
internal sealed class EngineRig : IWatch, IDisposable
{
    private readonly List<EngineHost> _hosts = [];
    private int _reached;

    public EngineRig() => Submission = Accept();

    public TestStorage Storage { get; } = TestStorage.Sqlite();

    public VirtualTime Time { get; } = new();

    public Broker Broker { get; } = new();

    public JobSubmission Submission { get; }

    public JobId Job => Submission.Intent.JobId;

    public NodeId NodeId => Node.NodeId;

    public NodeRegistration Node { get; } = Given.Node();

    public string State => Storage.Saga(Job).State;

    public List<PortCall> Calls { get; } = [];

    public IEnumerable<SagaCommit> Commits => Calls.Where(c => c.Port == Port.Commit).SelectMany(c => ((Batch)c.Subject!).Items);

    public int Loads => Calls.Count(c => c.Port == Port.Load);

    /// <summary>May throw: the call fails before anything happened.</summary>
    public Action<PortCall> Failing { get; set; } = _ => { };

    /// <summary>No worker is beside the saga: each command stays where its row or its queue is.</summary>
    public static EngineOptions AllApart => new() { Local = "" };

    public JobSubmission Accept()
    {
        var submission = Given.Submission(Time.Now);
        Storage.Get<IJobIntake>().SubmitAsync(submission, CancellationToken.None).GetAwaiter().GetResult().ShouldBe(IntakeResult.Accepted);
        Storage.Execute($"delete from outbox where job_id = '{submission.Intent.JobId}'"); // the test brings the first message itself
        return submission;
    }

    public EngineHost Host(EngineOptions? options = null, params IHostedWorker[] workers)
    {
        var host = new EngineHost(
            new Ports(Storage.Get<ISagaJournal>(), Storage.Get<IOutbox>(), Broker, Broker, this), Time, options, windows: null, workers);
        _hosts.Add(host);
        return host;
    }

    public NodeRegistration AnotherNode() => Storage.Register(Given.Node());

    /// <summary>Brings the job on to a state of the happy path, with the answers from queues.</summary>
    public void Reach(EngineHost host, string state)
    {
        Storage.Register(Node);
        IJobMessage[] path =
        [
            Submission.Submitted(),
            new IntentVerified(Job),
            new EscrowLocked(Job, "lock-sig", default),
            Given.MatchOf(Job, 1, Node),
            new NodeAssigned(Job, 1, "assign-sig"),
            new JobStarted(Job, 1, NodeId),
            new JobExecuted(Job, 1, NodeId, Hash256.Zero, 0),
            Given.VerdictOf(Job, 1, Verdict.Succeeded),
            new PaymentSettled(Job, "paid-sig", new(700_000), new(595_000), new(70_000), new(35_000), new(300_000)),
        ];
        for (; State != state && _reached < path.Length; _reached++)
        {
            host.Handle(path[_reached]);
        }

        State.ShouldBe(state);
    }

    public void Before(PortCall call)
    {
        Failing(call);
        Calls.Add(call);
    }

    public void After(PortCall call)
    {
    }

    public void Dispose()
    {
        _hosts.ForEach(h => h.Dispose());
        Storage.Dispose();
    }
}

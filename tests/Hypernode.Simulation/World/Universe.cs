using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Sagas;
using Hypernode.Sagas.Engine;
using Hypernode.Simulation.Audit;
using Hypernode.Simulation.Faults;
using Hypernode.Simulation.Kernel;

namespace Hypernode.Simulation.World;

/// <summary>
/// One run of the whole product in a world of its own: some hosts, nodes, payers and faults, drawn from the seed. It runs on the
/// thread that calls it and on no other.
/// </summary>
internal sealed class Universe
{
    private static readonly WorkflowWindows SharedWindows = new()
    {
        MatchSeconds = 60,
        StartPatienceSeconds = 25,
        VerificationSeconds = 60,
        MaxAttempts = 3,
        StepSeconds = 8,
        MatchRetrySeconds = 4,
        RefundGraceSeconds = 5,
        SilenceSeconds = 15,
        MaxSilenceSeconds = 30,
    };

    /// <summary>It keeps nothing between two events: one machine serves all universes.</summary>
    private static readonly MachineDriver SharedMachine = new(new JobStateMachine(SharedWindows));

    private static readonly string[] Placements = ["*", "*", "", "VerifyIntent, MatchJob", "LockEscrow, AssignNode, SettlePayment, RefundPayment, VerifyResult"];

    /// <summary>A universe of a hundred jobs takes some fifty thousand.</summary>
    private const long MostSteps = 3_000_000;

    private readonly string _local;
    private readonly string _fused;
    private readonly bool _onlyHost;

    public Universe(ulong seed, int jobs, IReadOnlySet<FaultId>? allowed, TextWriter? trace, Action<Universe>? mutate = null)
    {
        (Seed, Jobs) = (seed, jobs);
        Random = new SimRandom(seed);
        Loop = new EventLoop();
        Trace = new Trace(Loop, trace);
        Faults = new FaultPlan(Random, allowed);
        Audit = new Auditor(this);
        Database = new SimDatabase(new SimOutbox(new Ids(Random), Audit));
        Chain = new SimChain(Loop, Windows.RefundGraceSeconds) { Watch = Audit };
        Broker = new SimBroker(this);
        OtherVersion = new OtherVersion(this);
        Deployment = new Deployment("simulated", Hash256.FromBytes(Random.NextBytes(32)), NewWallet(), NewWallet());

        _local = Random.Pick(Placements);
        _fused = Random.Chance(0.75) ? new EngineOptions().Fused : "";
        SlowDisk = Random.Chance(0.1);
        InboxRetention = Random.Chance(0.3) ? Random.Seconds(20, 200) : null;
        var hosts = Random.Pick([1, 2, 2, 3]);
        _onlyHost = hosts == 1;
        var apart = hosts > 1 && Random.Chance(0.4);
        for (var i = 0; i < hosts; i++)
        {
            Hosts.Add(new SimHost(this, i, !apart ? HostRoles.Both : i == 0 ? HostRoles.Sagas : i == 1 ? HostRoles.Workers : HostRoles.Both));
        }

        MakeNodes();
        Clients = new SimClients(this);
        Mishaps = new Mishaps(this);
        mutate?.Invoke(this);
    }

    public ulong Seed { get; }

    public int Jobs { get; }

    public SimRandom Random { get; }

    public EventLoop Loop { get; }

    public Trace Trace { get; }

    public FaultPlan Faults { get; }

    public Auditor Audit { get; }

    /// <summary>What the checks learn as it happens.</summary>
    public Auditor Saw => Audit;

    public SimDatabase Database { get; }

    public SimEvidence Evidence { get; } = new();

    public SimChain Chain { get; }

    public SimBroker Broker { get; }

    public SimTruth Truth { get; } = new();

    public OtherVersion OtherVersion { get; }

    public SimClients Clients { get; }

    public Mishaps Mishaps { get; }

    public List<SimHost> Hosts { get; } = [];

    public List<SimNode> Nodes { get; } = [];

    public Deployment Deployment { get; }

    public WorkflowWindows Windows => SharedWindows;

    public MachineDriver Machine => SharedMachine;

    public bool SlowDisk { get; }

    public TimeSpan? InboxRetention { get; }

    public bool DatabaseDown { get; set; }

    /// <summary>Rises when the database goes down: what was under way then is never answered.</summary>
    public int DatabaseEpoch { get; set; }

    public bool ChainDown { get; set; }

    /// <summary>What marks the world's own garbage.</summary>
    public Guid Poison { get; } = new("deadbeef-0000-4000-8000-000000000000");

    public EngineOptions EngineOptionsOf(SimHost host) => new()
    {
        Local = _local,
        Fused = _fused,
        OnlyHost = _onlyHost,
        CachedJobs = Faults.Has(FaultId.F16) || host.Index == 0 ? 4_096 : 0,
        Batch = 64,
        TimerAgainSeconds = 10,
        QueuePatienceSeconds = 15,
    };

    public WalletAddress NewWallet() => WalletAddress.FromBytes(Random.NextBytes(32));

    /// <summary>What was drawn, for the first line of a trace.</summary>
    public string Describe() =>
        $"{Hosts.Count} host(s): {string.Join(", ", Hosts.Select(h => h.Roles))}; local [{_local}], fused [{_fused}]; {Nodes.Count} nodes with "
        + $"{Nodes.Sum(n => n.Offer.Slots)} slots; inbox kept {InboxRetention?.TotalSeconds.ToString("F0") ?? "for ever"}; faults {string.Join(" ", FaultNames.All.Where(Faults.Has))}";

    /// <summary>From the first job to the last one's end, and everything drained.</summary>
    public void Run()
    {
        Hosts.ForEach(h => h.Start());
        Nodes.ForEach(n => n.Start());
        Clients.Begin();
        Mishaps.Begin();
        var healAt = EventLoop.Start + TimeSpan.FromSeconds(Random.Between(120, 300));
        Loop.At(healAt, Heal);
        while (Loop.RunOne())
        {
            if (Loop.Steps > MostSteps)
            {
                Audit.Violate("liveness", null, $"it goes round in circles: {MostSteps} steps");
            }

            if (Audit.HasViolation || (!Faults.Active && Audit.IsOver()))
            {
                break;
            }
        }

        Audit.Finish();
    }

    /// <summary>Nothing more goes wrong from here on: now every job has to end.</summary>
    private void Heal()
    {
        Trace.Add("heal");
        Faults.Heal();
        (DatabaseDown, ChainDown) = (false, false);
        foreach (var host in Hosts)
        {
            host.Clock.Offset = TimeSpan.Zero;
        }

        Nodes.ForEach(n => n.Heal());
        Broker.PumpAll();
    }

    private void MakeNodes()
    {
        var count = Random.Between(3, 7);
        for (var i = 0; i < count; i++)
        {
            var offer = new NodeOffer(Random.Between(1, 6), 4_000, 4_096, new HyperAmount((ulong)Random.Between(500, 2_000)), [], []);
            var node = new SimNode(this, new NodeId(Random.NextGuid()), NewWallet(), NewWallet(), offer);
            Nodes.Add(node);
            Database.Nodes.Add(node.Id, new NodeView(
                node.Id, node.Key, node.Authority, $"node-{i}", NodeStatus.Active, offer, 0, 0, HyperAmount.Zero, Loop.Now, null));
        }
    }

    private sealed class Ids(SimRandom random) : IIdSource
    {
        public Guid NewId() => random.NextGuid();

        public Hash256 NewSecret() => Hash256.FromBytes(random.NextBytes(32));
    }
}

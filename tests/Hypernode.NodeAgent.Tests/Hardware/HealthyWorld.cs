using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Hardware;

namespace Hypernode.NodeAgent.Tests.Hardware;

/// <summary>A machine and its neighbours as they should be; a test spoils one thing.</summary>
internal sealed class HealthyWorld : IMachine, INeighbours
{
    public const string Image = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    public static readonly NodeId Node = new(new Guid("0f8fad5b-d9cb-469f-a165-70867728950e"));
    public static readonly WalletAddress OurKey = WalletAddress.FromBytes(Enumerable.Repeat((byte)7, 32).ToArray());

    public AgentOptions Options { get; } = new()
    {
        NodeId = Node.ToString(),
        DataFolder = "/var/lib/hypernode",
        KeyFile = "/var/lib/hypernode/node-key.json",
        Broker = "amqps://broker.example/",
    };

    public Surroundings Surroundings { get; set; } = new(new Uri("https://api.example"), new Uri("https://rpc.example"));

    public EngineFacts? Engine { get; set; } = new("20.10", new Version(1, 41), "2", ["runc", "runsc"], "runc", 8, 32L << 30, "/var/lib/docker", []);

    public List<CachedImage> Images { get; } = [new(Image, [], 2_000_000)];

    public Func<ProbePlan, ProbeResult> Probe { get; set; } = plan =>
        plan.AllGpus ? throw new EngineRefusedException(500, "could not select device driver") : new ProbeResult(0, "hypernode-probe\n");

    public MachineFacts Machine { get; set; } = new("CPU", 8, 32_768, 500L << 30, 1_000L << 30, null);

    public CgroupFacts Tree { get; set; } = new(2, []);

    public bool HardQuota { get; set; } = true;

    public KeyFileFacts? KeyFile { get; set; } = new(true, OurKey);

    public Func<ApiFacts> Api { get; set; } = () => new ApiFacts(true, "healthy", DateTimeOffset.UnixEpoch);

    public PublishedNode? Published { get; set; } = new(OurKey.ToString(), "active", 1);

    public DateTimeOffset ChainTime { get; set; } = DateTimeOffset.UnixEpoch;

    public Func<Task> Broker { get; set; } = () => Task.CompletedTask;

    public HashSet<string> Unknown { get; } = [];

    public Task<EngineFacts> EngineAsync(CancellationToken cancellationToken) =>
        Engine is null ? throw new EngineUnavailableException("the container engine does not answer") : Task.FromResult(Engine);

    public Task<IReadOnlyList<CachedImage>> ImagesAsync(CancellationToken cancellationToken) =>
        Engine is null ? throw new EngineUnavailableException("the container engine does not answer") : Task.FromResult<IReadOnlyList<CachedImage>>(Images);

    public Task<ProbeResult> ProbeAsync(ProbePlan plan, CancellationToken cancellationToken) => Task.FromResult(Probe(plan));

    public MachineFacts Describe(string folder) => Machine;

    public CgroupFacts Cgroups() => Tree;

    public Task<bool> HasHardOutputQuotaAsync(CancellationToken cancellationToken) => Task.FromResult(HardQuota);

    public Func<IReadOnlyList<GpuReading>> GpuMemory { get; set; } = () => throw new GpuUnreadableException("nvidia-smi can't be run");

    public Task<IReadOnlyList<GpuReading>> GpuMemoryAsync(CancellationToken cancellationToken) => Task.FromResult(GpuMemory());

    public string? NetworkProblem { get; set; }

    public string? NetworkModesProblem() => NetworkProblem;

    public KeyFileFacts? Key(string path) => KeyFile;

    public Task<ApiFacts> ApiAsync(Uri api, CancellationToken cancellationToken) => Task.FromResult(Api());

    public Task<PublishedNode?> NodeAsync(Uri api, NodeId node, CancellationToken cancellationToken) => Task.FromResult(Published);

    public Task<DateTimeOffset> ChainTimeAsync(Uri rpc, CancellationToken cancellationToken) => Task.FromResult(ChainTime);

    public Task BrokerAsync(AgentOptions agent, CancellationToken cancellationToken) => Broker();

    public Task<int> ResolveAsync(string host, CancellationToken cancellationToken) => Task.FromResult(Unknown.Contains(host) ? 0 : 1);

    public Task<IReadOnlyList<CheckResult>> ExamineAsync() =>
        new Doctor(Options, Surroundings, this, this, new Epoch()).RunAsync(CancellationToken.None);

    private sealed class Epoch : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;
    }
}

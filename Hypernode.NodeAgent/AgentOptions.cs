using System.ComponentModel.DataAnnotations;
using System.Net;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;

namespace Hypernode.NodeAgent;

public enum AgentRuntime
{
    /// <summary>A hardened container of a Docker engine.</summary>
    Docker,

    /// <summary>A plain process without any sandbox: for machines without an engine, on loopback only.</summary>
    Process,
}

/// <summary>The agent's way to the control plane.</summary>
public enum AgentLink
{
    /// <summary>Its own queue at the broker.</summary>
    Broker,

    /// <summary>The API alone, for machines that reach no broker: commands are polled for, a little later than they would be pushed.</summary>
    Http,
}

public enum AgentBehaviour
{
    Honest,

    /// <summary>Signs a lie with its own proper key: for the forged-receipt scenario.</summary>
    SimulatedLiar,
}

/// <summary>How one agent runs, bound from <c>Hypernode:Agent</c>.</summary>
public sealed class AgentOptions : IValidatableObject
{
    public const string Section = "Hypernode:Agent";

    /// <summary>The node's id, a lower-case UUID, as it registered.</summary>
    [Required]
    public string NodeId { get; set; } = "";

    /// <summary>Journal, log chunks and job files. One agent at a time.</summary>
    [Required]
    public string DataFolder { get; set; } = "";

    /// <summary>Jobs at a time.</summary>
    [Range(1, 64)]
    public int Slots { get; set; } = 1;

    /// <summary>The most a job may ask for, in thousandths of a core; 0: whatever the engine has.</summary>
    [Range(0, 1_024_000)]
    public int MaxCpuMillis { get; set; }

    /// <summary>The most a job may ask for, in MiB; 0: whatever the engine has.</summary>
    [Range(0, 16_777_216)]
    public int MaxMemoryMb { get; set; }

    /// <summary>
    /// GPUs that jobs may get, by uuid (<c>GPU-…</c>, as nvidia-smi -L says it); empty: none. The control plane decides which job gets
    /// which, by the node's offer; what is not in this list is refused. <c>hn node join</c> fills it in.
    /// </summary>
    public IList<string> Gpus { get; } = [];

    /// <summary>The driver's tool on this machine, by name or path: it says how much memory of each GPU is in use.</summary>
    [Required]
    public string NvidiaSmi { get; set; } = "nvidia-smi";

    /// <summary>MiB of a GPU's memory that may be in use before a job begins (the driver's own); with more, somebody else is on it.</summary>
    [Range(0, 1_048_576)]
    public int GpuIdleVramMb { get; set; } = 1_024;

    /// <summary>Images that it will run (<c>sha256:…</c> or <c>name@sha256:…</c>); empty: any.</summary>
    public IList<string> Images { get; } = [];

    /// <summary>May it fetch an image (by digest) that the engine does not have?</summary>
    public bool AllowPull { get; set; }

    /// <summary>MiB that an image may have, packed and unpacked, to be fetched; 0: no cap.</summary>
    [Range(0, 16_777_216)]
    public int MaxImageMb { get; set; }

    /// <summary>MiB of fetched images that are kept when nobody uses them, the latest used first; 0: no cap. What the operator brought does not count.</summary>
    [Range(0, 16_777_216)]
    public int MaxImageCacheMb { get; set; }

    /// <summary>The longest that one image may take to fetch, in seconds. An attempt waits no longer than it may still begin.</summary>
    [Range(1, 86_400)]
    public int MaxPullSeconds { get; set; } = 1_800;

    /// <summary>What jobs may reach beyond nothing, where they ask for it: <c>Allowlist</c>, <c>Full</c>; empty: nothing. Needs root, and runc.</summary>
    public IList<NetworkMode> NetworkModes { get; } = [];

    /// <summary>Networks that no job may reach although their addresses are public (<c>198.51.100.0/24</c>): the operator's own.</summary>
    public IList<string> NetworkRefused { get; } = [];

    /// <summary>Jobs' connections leave from this network namespace (<c>ip netns list</c>) and its routes and rules; empty: the agent's own.</summary>
    public string NetworkNamespace { get; set; } = "";

    /// <summary>MiB that one attempt may send and receive together; 0: no cap.</summary>
    [Range(0, 16_777_216)]
    public int MaxNetworkMb { get; set; }

    public AgentRuntime Runtime { get; set; } = AgentRuntime.Docker;

    /// <summary>The process runtime has no sandbox: it starts only when this says so too.</summary>
    public bool AllowUnsandboxed { get; set; }

    /// <summary>The engine's socket, <c>unix:///…</c>; empty: DOCKER_HOST, else /var/run/docker.sock.</summary>
    public string EngineHost { get; set; } = "";

    /// <summary>The engine's OCI runtime: <c>runc</c>, <c>runsc</c> or <c>kata</c>.</summary>
    [Required]
    public string ContainerRuntime { get; set; } = "runc";

    [Range(8, 32_768)]
    public int PidsLimit { get; set; } = 256;

    /// <summary>
    /// Where no hard quota for /out can be had, run all the same and watch its size. Default: such jobs are declined.
    /// </summary>
    public bool AllowWatchedOutput { get; set; }

    /// <summary>Bytes of stdout and stderr of one attempt that are kept; what comes after is dropped, and the log says so.</summary>
    [Range(1_024, 1_073_741_824)]
    public long MaxLogBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Regular files that a job may leave in /out; the control plane takes no receipt with more than 4,096.</summary>
    [Range(1, 4_096)]
    public int MaxArtifacts { get; set; } = 1_000;

    /// <summary>
    /// Stopping the agent ends its jobs and frees their mounts, for stacks that are thrown away afterwards. Default: they go on, and
    /// the next start adopts them.
    /// </summary>
    public bool EndJobsAtStop { get; set; }

    public AgentBehaviour Behaviour { get; set; } = AgentBehaviour.Honest;

    /// <summary>A simulated behaviour starts only when this says so too.</summary>
    public bool AllowSimulations { get; set; }

    /// <summary>File with the node's key (Solana's JSON array of 64 bytes, mode 0600). Used by the program; a host brings its own signer.</summary>
    public string KeyFile { get; set; } = "";

    /// <summary>The API's address, from which inputs come and to which outputs go; this or BlobFolder. Used by the program; a host brings its own store.</summary>
    public string Api { get; set; } = "";

    /// <summary>May the API be plain http on another machine? Whoever is on the way reads and changes everything then.</summary>
    public bool AllowPlainHttp { get; set; }

    /// <summary>Folder of inputs and outputs by hash that the control plane shares, for stacks on one machine; this or Api.</summary>
    public string BlobFolder { get; set; } = "";

    /// <summary>The most that the inputs of one attempt may have together, in MiB.</summary>
    [Range(0, 16_777_216)]
    public int MaxInputMb { get; set; } = 16_384;

    /// <summary>Fetched inputs that are kept for the next job that wants them, in MiB.</summary>
    [Range(0, 16_777_216)]
    public int InputCacheMb { get; set; } = 4_096;

    /// <summary>How commands come and reports go: Broker, or Http (over Api). Used by the program; a host may bring another link.</summary>
    public AgentLink Link { get; set; } = AgentLink.Broker;

    /// <summary>
    /// The broker, <c>amqps://host/vhost</c>, without user or password: the node's key makes those at every connect. Used by the
    /// program; a host may bring another link.
    /// </summary>
    public string Broker { get; set; } = "";

    /// <summary>
    /// Without TLS (<c>amqp</c>) whoever listens on the way could use the node's password for some minutes, so it is refused outside
    /// loopback, unless this says that the way is closed to others.
    /// </summary>
    public bool AllowPlainBroker { get; set; }

    /// <summary>The network's name, as the API signs it; the node's password at the broker is good for that network alone.</summary>
    [Required]
    public string Network { get; set; } = "localnet";

    /// <summary>The id as an id; the default while it is not one (validation walks over this property, so it must not throw).</summary>
    public NodeId Node => Contracts.Nodes.NodeId.TryParse(NodeId, null, out var id) ? id : default;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Contracts.Nodes.NodeId.TryParse(NodeId, null, out _))
        {
            yield return new("NodeId is not a lower-case UUID", [nameof(NodeId)]);
        }

        if (Gpus.Any(g => !GpuInfo.IsUuid(g)) || Gpus.Distinct(StringComparer.Ordinal).Count() != Gpus.Count)
        {
            yield return new("Gpus are named by their uuids (GPU-…), each once", [nameof(Gpus)]);
        }

        if (Runtime == AgentRuntime.Process && Gpus.Count > 0)
        {
            yield return new("the process runtime can't keep a job to its GPUs: leave Gpus empty", [nameof(Gpus)]);
        }

        if (Runtime == AgentRuntime.Process && !AllowUnsandboxed)
        {
            yield return new("the process runtime has no sandbox: set AllowUnsandboxed to use it all the same", [nameof(Runtime)]);
        }

        foreach (var wrong in Broker.Length == 0 ? [] : ValidateBroker())
        {
            yield return wrong;
        }

        if (NetworkModes.Any(m => m != NetworkMode.None) && (Runtime != AgentRuntime.Docker || ContainerRuntime != "runc"))
        {
            yield return new("only containers of runc can be given a network: the others' loopback is not this machine's kernel's", [nameof(NetworkModes)]);
        }

        if (NetworkRefused.FirstOrDefault(n => !IPNetwork.TryParse(n, out _)) is { } nonsense)
        {
            yield return new($"{nonsense} is not a network such as 198.51.100.0/24", [nameof(NetworkRefused)]);
        }

        if (NetworkNamespace.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')))
        {
            yield return new("NetworkNamespace is not the name of one", [nameof(NetworkNamespace)]);
        }

        if (Link == AgentLink.Http && Api.Length == 0)
        {
            yield return new("the link Http needs Api, the address that it goes to", [nameof(Link)]);
        }

        if (Link == AgentLink.Http && Runtime == AgentRuntime.Process && Uri.TryCreate(Api, UriKind.Absolute, out var over) && !over.IsLoopback)
        {
            yield return new("the process runtime is refused outside loopback", [nameof(Runtime)]);
        }

        if (Api.Length > 0 && BlobFolder.Length > 0)
        {
            yield return new("Api and BlobFolder are two sources of the same files: give one of them", [nameof(Api)]);
        }

        if (Api.Length > 0 && !(Uri.TryCreate(Api, UriKind.Absolute, out var api) && api.Scheme is "http" or "https"))
        {
            yield return new("Api is not an http:// or https:// address", [nameof(Api)]);
        }
        else if (Api.StartsWith("http:", StringComparison.OrdinalIgnoreCase) && !new Uri(Api).IsLoopback && !AllowPlainHttp)
        {
            yield return new("Api is plain http on another machine: use https, or set AllowPlainHttp", [nameof(Api)]);
        }

        if (Behaviour != AgentBehaviour.Honest && !AllowSimulations)
        {
            yield return new("a simulated behaviour needs AllowSimulations", [nameof(Behaviour)]);
        }
    }

    private IEnumerable<ValidationResult> ValidateBroker()
    {
        // The value may hold a password of old: it is never repeated.
        if (!Uri.TryCreate(Broker, UriKind.Absolute, out var broker) || broker.Scheme is not ("amqp" or "amqps") || broker.UserInfo.Length > 0)
        {
            yield return new("Broker is no amqps://host/vhost without user and password: the node's key makes those", [nameof(Broker)]);
            yield break;
        }

        if (Runtime == AgentRuntime.Process && !broker.IsLoopback)
        {
            yield return new("the process runtime is refused outside loopback", [nameof(Runtime)]);
        }

        if (broker is { Scheme: "amqp", IsLoopback: false } && !AllowPlainBroker)
        {
            yield return new("Broker is without TLS outside loopback: amqps://, or AllowPlainBroker where the way is closed to others", [nameof(Broker)]);
        }
    }
}

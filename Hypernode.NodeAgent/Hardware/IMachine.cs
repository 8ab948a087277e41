using Hypernode.Contracts.Intents;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Hardware;

/// <summary>What can be found out about this machine and its container engine.</summary>
public interface IMachine
{
    /// <exception cref="EngineUnavailableException">The engine does not answer.</exception>
    Task<EngineFacts> EngineAsync(CancellationToken cancellationToken);

    /// <summary>The images that the engine has, by every name that it knows them by: <c>sha256:…</c>, <c>name@sha256:…</c>.</summary>
    Task<IReadOnlyList<CachedImage>> ImagesAsync(CancellationToken cancellationToken);

    /// <summary>Runs a small container to its end and removes it, with the limits of a small job and no network.</summary>
    /// <exception cref="EngineRefusedException">The engine can't run it: no such runtime, no such device.</exception>
    Task<ProbeResult> ProbeAsync(ProbePlan plan, CancellationToken cancellationToken);

    /// <param name="folder">Whose file system is asked for its room; it need not be there yet.</param>
    MachineFacts Describe(string folder);

    CgroupFacts Cgroups();

    /// <summary>Whether /out can have a hard quota here: it is tried.</summary>
    Task<bool> HasHardOutputQuotaAsync(CancellationToken cancellationToken);

    /// <summary>What is in use of each GPU's memory, as the host's own tool says it.</summary>
    /// <exception cref="GpuUnreadableException">It can't be asked.</exception>
    Task<IReadOnlyList<GpuReading>> GpuMemoryAsync(CancellationToken cancellationToken);

    /// <summary>Tries what giving jobs a network takes. Null: it works; else why not.</summary>
    string? NetworkModesProblem();

    /// <summary>Null: there is no such file. The key itself never leaves it.</summary>
    KeyFileFacts? Key(string path);
}

/// <summary>What the node talks to.</summary>
public interface INeighbours
{
    /// <exception cref="HttpRequestException">It does not answer.</exception>
    Task<ApiFacts> ApiAsync(Uri api, CancellationToken cancellationToken);

    /// <summary>What the API tells of the node; null when it does not know it.</summary>
    Task<PublishedNode?> NodeAsync(Uri api, Contracts.Nodes.NodeId node, CancellationToken cancellationToken);

    /// <summary>The chain's own clock.</summary>
    Task<DateTimeOffset> ChainTimeAsync(Uri rpc, CancellationToken cancellationToken);

    /// <summary>Connects as the node does, opens a channel, and leaves.</summary>
    /// <exception cref="IOException">It is not there, or does not let us in; the message never holds the password.</exception>
    Task BrokerAsync(AgentOptions agent, CancellationToken cancellationToken);

    /// <returns>How many addresses the name has.</returns>
    Task<int> ResolveAsync(string host, CancellationToken cancellationToken);
}

/// <param name="CgroupVersion"><c>1</c> or <c>2</c>, as the engine says.</param>
/// <param name="Warnings">The engine's own, such as missing kernel support for a limit.</param>
/// <param name="LiveRestore">Containers live on while the engine is restarted.</param>
public sealed record EngineFacts(
    string Version,
    Version ApiVersion,
    string CgroupVersion,
    IReadOnlyList<string> Runtimes,
    string DefaultRuntime,
    int Cpus,
    long MemoryBytes,
    string Folder,
    IReadOnlyList<string> Warnings,
    bool LiveRestore = true);

public sealed record CachedImage(string Id, IReadOnlyList<string> Names, long Bytes);

/// <param name="AllGpus">Ask the engine for every GPU that it has.</param>
public sealed record ProbePlan(string ImageId, string Runtime, IReadOnlyList<string> Cmd, bool AllGpus = false);

public sealed record ProbeResult(int ExitCode, string Output);

/// <param name="NvidiaDriver">The version that the kernel has loaded; null: none.</param>
public sealed record MachineFacts(string CpuModel, int Cores, int MemoryMb, long DiskFreeBytes, long DiskTotalBytes, string? NvidiaDriver);

/// <param name="Version">1, 2, or 0 where there are none.</param>
/// <param name="Missing">Controllers that the sandbox needs and the kernel does not have.</param>
public sealed record CgroupFacts(int Version, IReadOnlyList<string> Missing);

/// <param name="Key">Null: the file is no key file.</param>
public sealed record KeyFileFacts(bool OwnerOnly, WalletAddress? Key);

/// <param name="Date">From the answer's Date header, to the second.</param>
/// <param name="Detail">What it says of itself.</param>
public sealed record ApiFacts(bool Ready, string Detail, DateTimeOffset? Date);

public sealed record PublishedNode(string NodeKey, string Status, long? LastSeenAt);

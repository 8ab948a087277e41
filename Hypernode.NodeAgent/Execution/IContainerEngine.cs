using Hypernode.Contracts.Jobs;

namespace Hypernode.NodeAgent.Execution;

/// <summary>What runs jobs: a container engine, or (unsandboxed, by explicit wish) plain processes.</summary>
public interface IContainerEngine
{
    /// <summary>Does it keep jobs away from the machine?</summary>
    bool Sandboxed { get; }

    /// <summary>Null: the image is not here. Nothing is fetched (see <see cref="Images.ImageCache"/>).</summary>
    /// <exception cref="EngineUnavailableException">The engine does not answer.</exception>
    Task<ImageFound?> ResolveImageAsync(ImageReference image, CancellationToken cancellationToken);

    /// <summary>The new container's id; nothing runs yet. Asking again for the same name gives the same container.</summary>
    Task<string> CreateAsync(ContainerPlan plan, CancellationToken cancellationToken);

    /// <summary>
    /// What the container writes from this call on: asked for before the start, it is all. Each stream has its order; the two are
    /// not mixed as in the log. Null: this engine has only the log.
    /// </summary>
    Task<IOutputFeed?> ListenAsync(string id, CancellationToken cancellationToken);

    Task StartAsync(string id, CancellationToken cancellationToken);

    /// <summary>Null: there is no such container.</summary>
    Task<ContainerState?> InspectAsync(string id, CancellationToken cancellationToken);

    /// <summary>Returns when the container has ended, or is gone.</summary>
    Task WaitAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// All output from its start, always in the same order; with <paramref name="follow"/> until the container ends. A follower
    /// may miss the very end, but for one that ends with <see cref="LogPiece.End"/>: the engine has shown that it had everything.
    /// </summary>
    IAsyncEnumerable<LogPiece> ReadLogsAsync(string id, bool follow, CancellationToken cancellationToken);

    /// <summary>Sends SIGTERM or, with <paramref name="force"/>, SIGKILL. No error when it has ended already.</summary>
    Task KillAsync(string id, bool force, CancellationToken cancellationToken);

    /// <summary>What is in /out, as a tar stream. Types are the container's: nothing of it is opened by path on this machine.</summary>
    Task<Stream> OpenOutputsAsync(string id, CancellationToken cancellationToken);

    /// <summary>Removes it, running or not. No error when it is gone.</summary>
    Task RemoveAsync(string id, CancellationToken cancellationToken);

    /// <summary>All containers, ended ones too, that carry the label.</summary>
    Task<IReadOnlyList<ContainerFound>> ListAsync(string label, string value, CancellationToken cancellationToken);
}

/// <param name="Id">The engine's own id of it.</param>
/// <param name="Digest">What the receipt says that ran: equal to the reference when that is a digest.</param>
/// <param name="Volumes">Paths for which the image wants writable volumes; they get small tmpfs mounts instead.</param>
public sealed record ImageFound(string Id, string Digest, IReadOnlyList<string> Volumes);

public sealed record ContainerFound(string Id, bool Running, IReadOnlyDictionary<string, string> Labels);

public enum ContainerStatus
{
    Created,
    Running,
    Ended,
}

/// <param name="ImageId">The image that it was really made from.</param>
/// <param name="Lost">The engine or the machine came down under it: how it ended says nothing of the job.</param>
/// <param name="Pid">Of its first process on this machine; 0: none runs, or it is not known.</param>
public sealed record ContainerState(
    ContainerStatus Status,
    string ImageId,
    DateTimeOffset StartedAt,
    DateTimeOffset FinishedAt,
    int ExitCode,
    bool OutOfMemory,
    bool Lost = false,
    int Pid = 0);

/// <param name="Stream"><c>stdout</c> or <c>stderr</c>.</param>
public readonly record struct LogPiece(string Stream, ReadOnlyMemory<byte> Data)
{
    /// <summary>Nothing follows, and nothing will.</summary>
    public static LogPiece End { get; }

    public bool IsEnd => Stream is null;
}

/// <summary>One attempt's container, limits and all. Memory equals swap; network, capabilities and a writable root it has none.</summary>
/// <param name="Script">Run <c>/bin/sh /in/.script</c> in /out; else <paramref name="Cmd"/> as the image has it.</param>
/// <param name="InFolder">Read-only at /in.</param>
/// <param name="OutFolder">Writable at /out.</param>
/// <param name="GpuUuids">The GPUs that it sees; null or empty: none.</param>
/// <param name="Network">Other than none: its environment names the agent's proxy, which comes once it runs; interfaces it has none either way.</param>
public sealed record ContainerPlan(
    string Name,
    ImageFound Image,
    bool Script,
    IReadOnlyList<string> Cmd,
    string InFolder,
    string OutFolder,
    int CpuMillis,
    int MemoryMb,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyList<string>? GpuUuids = null,
    NetworkMode Network = NetworkMode.None);

public static class ContainerLabels
{
    public const string Agent = "hypernode.agent";
    public const string Job = "hypernode.job";
    public const string Attempt = "hypernode.attempt";
}

/// <summary>The engine does not answer: try again, or leave it.</summary>
public sealed class EngineUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The engine answers, and refuses.</summary>
public sealed class EngineRefusedException(int status, string message) : Exception($"{status}: {message}")
{
    public int Status { get; } = status;
}

namespace Hypernode.NodeAgent.Execution;

/// <summary>Makes the folder that a job writes its output to, with a limit that the job can't pass.</summary>
public interface IOutputFolders
{
    /// <summary>False: the size is only watched, and the job is killed when it has passed it.</summary>
    bool Hard { get; }

    /// <summary>A writable folder (owned by the job's user) under <paramref name="attemptFolder"/>; idempotent.</summary>
    Task<string> PrepareAsync(string attemptFolder, int megabytes, CancellationToken cancellationToken);

    /// <summary>Undoes it, whatever state it is in. No error when there is nothing.</summary>
    Task ReleaseAsync(string attemptFolder, CancellationToken cancellationToken);
}

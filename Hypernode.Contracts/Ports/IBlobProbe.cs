namespace Hypernode.Contracts.Ports;

/// <summary>Asks the blobs' store whether it is there.</summary>
public interface IBlobProbe
{
    /// <summary>Answers within a few seconds, whatever the store does; throws only when cancelled.</summary>
    Task<StorageHealth> ProbeAsync(CancellationToken cancellationToken);
}

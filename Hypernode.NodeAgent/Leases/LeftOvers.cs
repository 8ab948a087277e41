using Hypernode.NodeAgent.Execution;
using Microsoft.Extensions.Logging;

namespace Hypernode.NodeAgent.Leases;

/// <summary>
/// What carries this agent's label, or lies in its folder, and belongs to no open attempt: looked for at start, and whenever
/// something could not be taken away. What does not go now is tried again, ever less often, and is told of once.
/// </summary>
/// <param name="isOpen">Whether an open attempt matches.</param>
/// <param name="gate">Held while attempts are opened: a folder that is deleted under it belongs to nobody.</param>
internal sealed class LeftOvers(
    IContainerEngine engine,
    IOutputFolders outputs,
    string node,
    string attempts,
    Func<Func<Lease, bool>, bool> isOpen,
    Lock gate,
    TimeProvider time,
    ILogger logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private readonly Signal _look = new();
    private readonly Lock _toldGate = new();
    private readonly HashSet<string> _told = [];

    /// <summary>Something has been left over.</summary>
    public void Look() => _look.Ring();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        while (true)
        {
            if (await TidyAsync(cancellationToken))
            {
                pause = FirstPause;
                await _look.HeardAsync(cancellationToken);
            }
            else
            {
                await Task.Delay(pause, time, cancellationToken);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    /// <summary>Deletes an attempt's folder with what is mounted in it. False: not now.</summary>
    public Task<bool> DeleteAsync(string folder, CancellationToken cancellationToken) => TryAsync(
        folder,
        async () =>
        {
            await outputs.ReleaseAsync(folder, cancellationToken);
            Directory.Delete(folder, recursive: true);
        },
        cancellationToken);

    /// <summary>True when nothing is left over.</summary>
    private async Task<bool> TidyAsync(CancellationToken cancellationToken)
    {
        var clean = await TryAsync("containers", () => RemoveContainersAsync(cancellationToken), cancellationToken);
        foreach (var folder in Directory.EnumerateDirectories(attempts).Where(f => !isOpen(l => l.Folder == f)).ToList())
        {
            clean &= await TryAsync(folder, () => DeleteUnlessOpenAsync(folder, cancellationToken), cancellationToken);
        }

        return clean;
    }

    private async Task RemoveContainersAsync(CancellationToken cancellationToken)
    {
        foreach (var container in await engine.ListAsync(ContainerLabels.Agent, node, cancellationToken))
        {
            if (!isOpen(l => AttemptPreparation.IsOf(container, l) && !l.SlotFree))
            {
                logger.LogInformation("container {Container} belongs to no open attempt and is removed", container.Id);
                await engine.RemoveAsync(container.Id, cancellationToken);
            }
        }
    }

    private async Task DeleteUnlessOpenAsync(string folder, CancellationToken cancellationToken)
    {
        await outputs.ReleaseAsync(folder, cancellationToken);
        lock (gate)
        {
            // A repeated command may have opened it again meanwhile.
            if (!isOpen(l => l.Folder == folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private async Task<bool> TryAsync(string what, Func<Task> act, CancellationToken cancellationToken)
    {
        try
        {
            await act();
            lock (_toldGate)
            {
                _told.Remove(what);
            }

            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            lock (_toldGate)
            {
                if (_told.Add(what))
                {
                    logger.LogWarning("{What} is left over, and tried again later: {Reason}", what, e.Message);
                }
            }

            return false;
        }
    }
}

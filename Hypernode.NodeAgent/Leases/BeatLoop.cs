using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Logging;

namespace Hypernode.NodeAgent.Leases;

/// <summary>
/// Signs of life: every 3 s while a lease is held, every 15 s when idle, and at once when asked for. In an agent's first
/// minute every 2 s: a node that registers meanwhile is seen, and gets work, right away. A beat that fails is not kept: the next one says more.
/// </summary>
internal sealed class BeatLoop(IAgentLink link, Func<Beat> write, Func<bool> holdsLease, TimeProvider time, ILogger logger)
{
    public static readonly TimeSpan Leased = TimeSpan.FromSeconds(3);
    public static readonly TimeSpan Idle = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan New = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan NewFor = TimeSpan.FromMinutes(1);

    private readonly Signal _now = new();

    /// <summary>Beat at once.</summary>
    public void Now() => _now.Ring();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var quiet = true;
        var started = time.GetTimestamp();
        Now();
        try
        {
            while (true)
            {
                await WaitAsync(time.GetElapsedTime(started), cancellationToken);
                try
                {
                    await link.SendAsync(write(), cancellationToken);
                    quiet = true;
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested)
                {
                    // Once an outage: beats go on, and the job does not notice.
                    if (quiet)
                    {
                        logger.LogWarning("beats do not get through: {Reason}", e.Message);
                    }

                    quiet = false;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The agent goes down.
        }
    }

    private async Task WaitAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        var pause = age < NewFor ? New : holdsLease() ? Leased : Idle;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var asked = _now.HeardAsync(over.Token);
        await Task.WhenAny(asked, Task.Delay(pause, time, over.Token));
        await over.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }
}

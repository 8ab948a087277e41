using Microsoft.Extensions.Logging;

namespace Hypernode.NodeAgent.Adapters.RabbitMq;

/// <summary>
/// Takes a command where it is. To give it back at once would have the broker deliver it again at once, and a disk that is full
/// for a second would use up the delivery limit, after which the command lies with the dead letters.
/// </summary>
internal sealed class PatientTaking(TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Well below the half hour after which a broker takes a consumer for dead.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <returns>False when patience has come to its end: give it back.</returns>
    /// <exception cref="OperationCanceledException">The channel is closed: the broker has it again already.</exception>
    public async Task<bool> TryAsync(Func<CancellationToken, Task> take, CancellationToken closed)
    {
        var began = time.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            closed.ThrowIfCancellationRequested();
            try
            {
                await take(closed);
                return true;
            }
            catch (Exception e) when (!closed.IsCancellationRequested)
            {
                // Once in full; it is the same reason every time.
                if (pause == FirstPause)
                {
                    logger.LogError(e, "a command could not be taken, and is tried again");
                }
            }

            if (time.GetElapsedTime(began) >= Patience)
            {
                return false;
            }

            await Task.Delay(pause, time, closed);
        }
    }
}

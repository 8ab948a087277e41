using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Engine;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Timers;

/// <summary>
/// Forgets message ids that are too old to come again by any broker's doing. What protects a job for ever is not the inbox
/// but its domain keys and its terminal state; those are never forgotten.
/// </summary>
public sealed partial class InboxRetention(IOutbox outbox, IOptions<EngineOptions> options, TimeProvider time, ILogger<InboxRetention> logger)
{
    /// <summary>Small: each is a transaction of its own, beside the saga's.</summary>
    private const int Batch = 1_000;

    /// <returns>How many went.</returns>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - TimeSpan.FromDays(options.Value.InboxRetentionDays);
        var all = 0;
        int some;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            some = await outbox.ForgetInboxAsync(before, Batch, cancellationToken).ConfigureAwait(false);
            all += some;
        }
        while (some == Batch);

        if (all > 0)
        {
            Forgot(logger, all, before);
        }

        return all;
    }

    [LoggerMessage(2121, LogLevel.Information, "Forgot {Count} message ids from before {Before}")]
    private static partial void Forgot(ILogger logger, int count, DateTimeOffset before);
}

using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Logging;

namespace Hypernode.Workers.Settlement;

/// <summary>
/// Gives back what clients sent to a deposit's address too late or twice; the program lets it go to the payer of the terms
/// alone. A turn looks at a page of the deposits of the last month and the next one goes on behind it: a position that is lost
/// costs a round and nothing else.
/// </summary>
public sealed class DepositSweep(IDepositBook book, IDeposits deposits, ILogger<DepositSweep> logger)
{
    /// <summary>A turn is short, whatever has piled up.</summary>
    public const int MostInATurn = 500;

    private static readonly TimeSpan _lookBack = TimeSpan.FromDays(30);
    private DepositTerms? _after;

    /// <returns>token accounts emptied and closed now</returns>
    public async Task<int> RunOnceAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            var page = await book.SpentAsync((now - _lookBack).ToUnixTimeSeconds(), now, _after, MostInATurn, cancellationToken);
            var reclaimed = page.Count == 0 ? 0 : await deposits.ReclaimAsync(page, cancellationToken);
            _after = page.Count < MostInATurn ? null : page[^1];
            if (reclaimed > 0)
            {
                Log.DepositsReclaimed(logger, reclaimed);
            }

            return reclaimed;
        }
        catch (IOException e)
        {
            Log.DepositsNotReclaimed(logger, e.Message);
            return 0;
        }
    }
}

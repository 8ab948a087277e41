namespace Hypernode.Contracts.Ports;

/// <summary>Which deposits jobs were paid by: where something may lie that came too late, or twice.</summary>
public interface IDepositBook
{
    /// <summary>Notes a deposit whose account is about to be opened before it is paid, so that its rent is got back.</summary>
    /// <param name="mostOfPayer">So many of this payer's may be open, and not yet the payment of a job.</param>
    /// <param name="mostOfAll">And so many of all payers together.</param>
    /// <returns>False: too many are. True also when it was noted before.</returns>
    Task<bool> NoteOpeningAsync(DepositTerms terms, DateTimeOffset now, int mostOfPayer, int mostOfAll, CancellationToken cancellationToken);

    /// <summary>
    /// Deposits that can't become a payment any more (their payment is made, or settle_by is past), in the order of settle_by,
    /// from those on whose settle_by is not before <paramref name="since"/>.
    /// </summary>
    /// <param name="since">Seconds since the epoch.</param>
    /// <param name="after">The last of the page before; null: from the first on.</param>
    Task<IReadOnlyList<DepositTerms>> SpentAsync(long since, DateTimeOffset now, DepositTerms? after, int most, CancellationToken cancellationToken);
}

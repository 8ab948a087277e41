using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;

namespace Hypernode.Contracts.Ports;

/// <summary>
/// Payments that arrive as plain transfers (x402's scheme <c>exact</c>). The address that a client is told commits to all terms,
/// so nothing has to be stored or opened before somebody pays.
/// </summary>
public interface IDeposits
{
    /// <summary>Ours: it pays the fee of the client's transfer, and signs it last.</summary>
    WalletAddress FeePayer { get; }

    /// <summary>What the chain takes payments in; HYPER is the first.</summary>
    IReadOnlyList<WalletAddress> Mints { get; }

    /// <summary>What x402 calls payTo.</summary>
    WalletAddress AddressOf(DepositTerms terms);

    /// <summary>Everything about the client's transaction that can be told without asking the chain.</summary>
    /// <param name="transaction">As it came, without our signature.</param>
    TransferCheck Judge(DepositTerms terms, ReadOnlySpan<byte> transaction);

    /// <summary>
    /// As <see cref="Judge"/>, and then: the chain has what it moves, knows its block, and would take it. Nothing is sent and
    /// nothing is made.
    /// </summary>
    /// <exception cref="IOException">The chain can't be asked now.</exception>
    Task<TransferCheck> CheckAsync(DepositTerms terms, ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken);

    /// <summary>The id that the client's transaction has on chain once we have signed it. To be told only of one that was sent.</summary>
    /// <exception cref="IOException">The signer can't be asked now.</exception>
    Task<string> TransactionIdAsync(ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken);

    /// <summary>Does the payer have what the terms ask for?</summary>
    /// <exception cref="IOException">The chain can't be asked now.</exception>
    Task<bool> HasFundsAsync(DepositTerms terms, CancellationToken cancellationToken);

    /// <summary>Opens the deposit's account before somebody has paid: it binds our SOL until it is used or reclaimed, so the caller has noted it.</summary>
    /// <exception cref="IOException">It is not known to be open.</exception>
    Task OpenAsync(DepositTerms terms, CancellationToken cancellationToken);

    /// <summary>
    /// Gives back to its payer what lies at addresses and can't become a payment any more: it came too late, or twice. What the
    /// program still keeps for a payment is left alone.
    /// </summary>
    /// <returns>How many token accounts were emptied and closed now.</returns>
    /// <exception cref="IOException">The chain can't be asked now; what was sent may still happen.</exception>
    Task<int> ReclaimAsync(IReadOnlyList<DepositTerms> deposits, CancellationToken cancellationToken);
}

/// <summary>The terms that a deposit's address commits to.</summary>
/// <param name="Amount">Base units of the mint.</param>
/// <param name="SettleBy">Seconds since the epoch.</param>
public sealed record DepositTerms(WalletAddress Mint, IntentId IntentId, JobId JobId, WalletAddress Payer, HyperAmount Amount, long SettleBy)
{
    public static DepositTerms Of(PaymentIntent intent, DepositPayment payment, long settleBy) =>
        new(payment.Mint, intent.IntentId, intent.JobId, intent.Client, payment.Amount, settleBy);
}

/// <param name="Refusal">x402's code for the first rule that does not hold; null: all hold.</param>
/// <param name="Detail">For people.</param>
/// <param name="Signature">The payer's, 64 bytes in base58; null with a refusal.</param>
public sealed record TransferCheck(string? Refusal, string? Detail = null, string? Signature = null);

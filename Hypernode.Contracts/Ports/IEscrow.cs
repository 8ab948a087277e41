using System.Text;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Ports;

/// <summary>
/// The money on chain. Each call first asks the chain what is so (idempotent by intent id), then acts, then waits for the
/// answer. It never guesses: what it could not learn is <see cref="EscrowAnswer.Unknown"/>.
/// </summary>
public interface IEscrow
{
    Deployment Deployment { get; }

    Task<EscrowAnswer> LockAsync(LockEscrow command, CancellationToken cancellationToken);

    Task<EscrowAnswer> AssignAsync(AssignNode command, CancellationToken cancellationToken);

    Task<EscrowAnswer> SettleAsync(SettlePayment command, CancellationToken cancellationToken);

    Task<EscrowAnswer> RefundAsync(RefundPayment command, CancellationToken cancellationToken);

    /// <summary>Null: no such payment on chain.</summary>
    /// <exception cref="IOException">The chain can't be asked now.</exception>
    Task<EscrowView?> FindAsync(IntentId intent, CancellationToken cancellationToken);

    /// <summary>Balance and allowance of a payer, in base units.</summary>
    /// <exception cref="IOException">The chain can't be asked now.</exception>
    Task<PayerFunds> FundsOfAsync(WalletAddress payer, CancellationToken cancellationToken);

    /// <summary>Payments that are still open and whose settle_by is before <paramref name="settleBy"/> (s).</summary>
    Task<IReadOnlyList<EscrowView>> OpenPastAsync(long settleBy, CancellationToken cancellationToken);

    /// <summary>
    /// For a wallet that signs a transaction instead of a text: it locks exactly this payment, needs no allowance, and carries
    /// the intent's text as a memo, so that it commits to the same things. Nobody can send it before the relayer signs, too.
    /// </summary>
    /// <exception cref="IOException">The chain can't be asked now.</exception>
    /// <exception cref="NotSupportedException">This chain takes signed texts only.</exception>
    Task<WalletTransaction> PrepareTransactionAsync(PaymentIntent intent, long settleBy, CancellationToken cancellationToken) =>
        throw new NotSupportedException("this chain takes signed texts only");

    /// <summary>Null: not the transaction for this intent, to the byte, or not signed by its payer.</summary>
    PayerSignature? ReadTransaction(PaymentIntent intent, long settleBy, ReadOnlySpan<byte> signed) => null;

    /// <summary>Did the payer agree to exactly this? Asks nobody.</summary>
    bool IsAgreed(PaymentIntent intent, long settleBy, PayerSignature signature) =>
        signature.Blockhash is null && Verify(intent.Client, Encoding.UTF8.GetBytes(intent.ToSigningText()), signature.Value);

    /// <summary>Signature check of RFC 8032 over raw bytes; false for anything malformed.</summary>
    bool Verify(WalletAddress signer, ReadOnlySpan<byte> message, string signatureBase58);
}

/// <summary>Five answers' worth of certainty, folded to what a worker needs.</summary>
public abstract record EscrowAnswer
{
    private EscrowAnswer()
    {
    }

    /// <summary>The chain says that it is so, by this transaction or an earlier one.</summary>
    public sealed record Done(string Signature, EscrowView Payment) : EscrowAnswer;

    /// <summary>The chain refuses it, and no transaction of ours can still land.</summary>
    /// <param name="CanRetry">The cause may pass (a fee payer without funds, a transaction that expired); false: it never will.</param>
    public sealed record Refused(string Code, string Detail, bool CanRetry) : EscrowAnswer;

    /// <summary>Not known now.</summary>
    public sealed record Unknown(PendingTransaction? Pending, string Detail) : EscrowAnswer;
}

public enum EscrowStatus
{
    Pending = 0,
    Completed = 1,
    Refunded = 2,
}

/// <summary>A PaymentIntent account.</summary>
/// <param name="SettleBy">Seconds since the epoch.</param>
/// <param name="LastSignature">The transaction that brought it to its status, where the chain still knows it.</param>
/// <param name="Mint">What the amounts are base units of; null: HYPER.</param>
public sealed record EscrowView(
    IntentId IntentId,
    JobId JobId,
    WalletAddress Payer,
    WalletAddress Escrow,
    HyperAmount Amount,
    EscrowStatus Status,
    int Attempt,
    WalletAddress? AssignedNode,
    long SettleBy,
    HyperAmount Charge,
    Hash256 ExecutionHash,
    Hash256 LogsHash,
    string? LastSignature,
    WalletAddress? Mint = null);

/// <param name="Bytes">The transaction, with empty places for its signatures.</param>
/// <param name="LastValidBlockHeight">It can't land after this block.</param>
public sealed record WalletTransaction(byte[] Bytes, ulong LastValidBlockHeight);

public sealed record PayerFunds(HyperAmount Balance, HyperAmount Allowance);

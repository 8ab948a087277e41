using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Ports;

/// <summary>x402's facilitator for others: checks and sends plain transfers (scheme <c>exact</c>) whose fee we pay.</summary>
public interface ITransferFacilitator
{
    /// <summary>Ours.</summary>
    WalletAddress FeePayer { get; }

    /// <summary>Everything that can be told without asking the chain.</summary>
    TransferVerdict Judge(TransferTerms terms, ReadOnlySpan<byte> transaction);

    /// <summary>The transfer's own rules, and whether the chain would take it now. Nothing is sent.</summary>
    /// <exception cref="IOException">The chain can't be asked now.</exception>
    Task<TransferVerdict> VerifyAsync(TransferTerms terms, ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken);

    /// <summary>Sends it, or asks for what was sent before: the same transfer has the same id.</summary>
    /// <returns>With no refusal and no id: its outcome is not known yet.</returns>
    Task<TransferOutcome> SettleAsync(TransferTerms terms, ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken);
}

/// <param name="Amount">Base units of the mint.</param>
/// <param name="Memo">Must be in the transfer; null: any.</param>
public sealed record TransferTerms(WalletAddress Mint, WalletAddress PayTo, HyperAmount Amount, string? Memo);

/// <param name="Refusal">x402's code for the first rule that does not hold; null: all hold.</param>
/// <param name="Detail">For people.</param>
/// <param name="Transfer">SHA-256 of what the payer signed.</param>
public sealed record TransferVerdict(string? Refusal, string? Detail = null, WalletAddress? Payer = null, Hash256 Transfer = default);

/// <param name="Happened">Null: not known yet, ask again.</param>
/// <param name="Transaction">Its id on chain; empty when nothing was sent.</param>
public sealed record TransferOutcome(bool? Happened, string Transaction, string? Detail = null);

/// <summary>Which transfers were settled for others: one pays once, whoever shows it again, and on whichever host.</summary>
public interface ITransferLedger
{
    Task<TransferState> FindAsync(Hash256 transfer, CancellationToken cancellationToken);

    /// <summary>Notes it before anything is sent. False: it was settled before, or has failed for good.</summary>
    Task<bool> BeginAsync(Hash256 transfer, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Notes how it ended. True for one caller only.</summary>
    Task<bool> EndAsync(Hash256 transfer, bool happened, DateTimeOffset at, CancellationToken cancellationToken);
}

public enum TransferState
{
    /// <summary>Never noted.</summary>
    New = 0,

    /// <summary>Sent, perhaps; its outcome is to be asked for.</summary>
    Pending = 1,
    Settled = 2,
    Failed = 3,
}

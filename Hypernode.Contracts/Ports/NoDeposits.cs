using Hypernode.Contracts.Intents;

namespace Hypernode.Contracts.Ports;

/// <summary>Of a chain that takes no payments by transfer: nothing is offered, so nothing can come.</summary>
public sealed class NoDeposits : IDeposits, ITransferFacilitator
{
    private const string Reason = "this chain takes no payments by transfer";

    public WalletAddress FeePayer => default;

    public IReadOnlyList<WalletAddress> Mints => [];

    public WalletAddress AddressOf(DepositTerms terms) => throw new NotSupportedException(Reason);

    public TransferCheck Judge(DepositTerms terms, ReadOnlySpan<byte> transaction) => new("unsupported_scheme", Reason);

    public Task<TransferCheck> CheckAsync(DepositTerms terms, ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken) =>
        Task.FromResult(new TransferCheck("unsupported_scheme", Reason));

    public Task<string> TransactionIdAsync(ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken) => throw new NotSupportedException(Reason);

    public TransferVerdict Judge(TransferTerms terms, ReadOnlySpan<byte> transaction) => new("unsupported_scheme", Reason);

    public Task<TransferVerdict> VerifyAsync(TransferTerms terms, ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken) =>
        Task.FromResult(new TransferVerdict("unsupported_scheme", Reason));

    public Task<TransferOutcome> SettleAsync(TransferTerms terms, ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken) => throw new NotSupportedException(Reason);

    public Task<bool> HasFundsAsync(DepositTerms terms, CancellationToken cancellationToken) => Task.FromResult(false);

    public Task OpenAsync(DepositTerms terms, CancellationToken cancellationToken) => throw new NotSupportedException(Reason);

    public Task<int> ReclaimAsync(IReadOnlyList<DepositTerms> deposits, CancellationToken cancellationToken) => Task.FromResult(0);
}

using Hypernode.Contracts.Intents;

namespace Hypernode.Contracts.Ports;

/// <summary>Of a chain that takes no payments by transfer: nothing is offered, so nothing can come.</summary>
public sealed class NoDeposits : IDeposits
{
    private const string Reason = "this chain takes no payments by transfer";

    public WalletAddress FeePayer => default;

    public IReadOnlyList<WalletAddress> Mints => [];

    public WalletAddress AddressOf(DepositTerms terms) => throw new NotSupportedException(Reason);

    public TransferCheck Judge(DepositTerms terms, ReadOnlySpan<byte> transaction) => new("unsupported_scheme", Reason);

    public Task<TransferCheck> CheckAsync(DepositTerms terms, ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken) =>
        Task.FromResult(new TransferCheck("unsupported_scheme", Reason));

    public Task<string> TransactionIdAsync(ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken) => throw new NotSupportedException(Reason);

    public Task<int> ReclaimAsync(IReadOnlyList<DepositTerms> deposits, CancellationToken cancellationToken) => Task.FromResult(0);
}

using System.Collections.Concurrent;
using System.Text;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Tests.Fakes;

/// <summary>A chain for other people's transfers, and the ledger of those that were settled.</summary>
public sealed class FakeTransfers(FakeDeposits deposits) : ITransferFacilitator, ITransferLedger
{
    private readonly ConcurrentDictionary<Hash256, TransferState> _states = new();

    public WalletAddress FeePayer => deposits.FeePayer;

    public string? Refusal { get; set; }

    public bool IsDown { get; set; }

    /// <summary>Null: not known.</summary>
    public bool? Happens { get; set; } = true;

    public int Sent { get; private set; }

    public TransferVerdict Judge(TransferTerms terms, ReadOnlySpan<byte> transaction) => transaction.SequenceEqual(Transfer(terms))
        ? new TransferVerdict(null, null, TestWallet.Alice.Address, Hash256.Of(transaction))
        : new TransferVerdict("invalid_exact_svm_payload_amount_mismatch");

    public Task<TransferVerdict> VerifyAsync(TransferTerms terms, ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken) =>
        IsDown ? throw new IOException("the chain is away") : Task.FromResult(Judge(terms, transaction.Span) with { Refusal = Judge(terms, transaction.Span).Refusal ?? Refusal });

    public Task<TransferOutcome> SettleAsync(TransferTerms terms, ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken)
    {
        Sent++;
        _states.Values.ShouldContain(TransferState.Pending, "it is noted before it is sent");
        return Task.FromResult(new TransferOutcome(Happens, "transfer-id"));
    }

    public Task<TransferState> FindAsync(Hash256 transfer, CancellationToken cancellationToken) => Task.FromResult(_states.GetValueOrDefault(transfer));

    public Task<bool> BeginAsync(Hash256 transfer, DateTimeOffset at, CancellationToken cancellationToken) =>
        Task.FromResult(_states.GetOrAdd(transfer, TransferState.Pending) == TransferState.Pending);

    public Task<bool> EndAsync(Hash256 transfer, bool happened, DateTimeOffset at, CancellationToken cancellationToken) =>
        Task.FromResult(_states.TryUpdate(transfer, happened ? TransferState.Settled : TransferState.Failed, TransferState.Pending));

    public static byte[] Transfer(TransferTerms terms) => Encoding.UTF8.GetBytes(terms.ToString());
}

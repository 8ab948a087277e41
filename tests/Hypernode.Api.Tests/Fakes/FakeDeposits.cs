using System.Text;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Tests.Fakes;

/// <summary>A chain that takes HYPER and USDC by transfer. Its transfers are not real ones, but only their payer can sign them.</summary>
public sealed class FakeDeposits(FakeEscrow escrow) : IDeposits, IDepositBook
{
    public static WalletAddress Usdc { get; } = WalletAddress.Parse("4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU");

    public WalletAddress FeePayer { get; } = WalletAddress.FromBytes(Hash256.Of("fee payer"u8).ToBytes());

    public IReadOnlyList<WalletAddress> Mints { get; set; } = [escrow.Deployment.Mint, Usdc];

    /// <summary>What only the chain can say; null: it would take the transfer.</summary>
    public string? Refusal { get; set; }

    public WalletAddress AddressOf(DepositTerms terms) => WalletAddress.FromBytes(Hash256.Of(MessageOf(terms)).ToBytes());

    public TransferCheck Judge(DepositTerms terms, ReadOnlySpan<byte> transaction)
    {
        if (transaction.Length < 64 || !transaction[64..].SequenceEqual(MessageOf(terms)))
        {
            return new TransferCheck("invalid_exact_svm_payload_recipient_mismatch");
        }

        var signature = Base58.Encode(transaction[..64]);
        return TestWallet.Verify(terms.Payer, transaction[64..], signature)
            ? new TransferCheck(null, Signature: signature)
            : new TransferCheck("invalid_exact_svm_payload_signature_invalid");
    }

    public Task<TransferCheck> CheckAsync(DepositTerms terms, ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken)
    {
        var judged = Judge(terms, transaction.Span);
        return judged.Refusal is not null ? Task.FromResult(judged)
            : escrow.IsDown ? throw new IOException("the chain is away")
            : Task.FromResult(Refusal is null ? judged : new TransferCheck(Refusal));
    }

    public Task<string> TransactionIdAsync(ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken) => Task.FromResult("transfer-id");

    public bool HasFunds { get; set; } = true;

    public List<DepositTerms> Noted { get; } = [];

    public List<DepositTerms> Opened { get; } = [];

    public Task<bool> HasFundsAsync(DepositTerms terms, CancellationToken cancellationToken) =>
        escrow.IsDown ? throw new IOException("the chain is away") : Task.FromResult(HasFunds);

    public Task<bool> NoteOpeningAsync(DepositTerms terms, DateTimeOffset now, int mostOfPayer, int mostOfAll, CancellationToken cancellationToken)
    {
        if (!Noted.Contains(terms) && Noted.Count < Math.Min(mostOfPayer, mostOfAll))
        {
            Noted.Add(terms);
        }

        return Task.FromResult(Noted.Contains(terms));
    }

    public Task OpenAsync(DepositTerms terms, CancellationToken cancellationToken)
    {
        Noted.ShouldContain(terms, "what is not noted would be lost");
        Opened.Add(terms);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<DepositTerms>> SpentAsync(long since, DateTimeOffset now, DepositTerms? after, int most, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("the API sweeps nothing");

    public Task<int> ReclaimAsync(IReadOnlyList<DepositTerms> deposits, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("the API must not write to the chain");

    /// <summary>What a stock client makes of an offer.</summary>
    public static byte[] Transfer(DepositTerms terms, TestWallet wallet) => [.. wallet.Sign(MessageOf(terms)), .. MessageOf(terms)];

    private static byte[] MessageOf(DepositTerms terms) => Encoding.UTF8.GetBytes(terms.ToString());
}

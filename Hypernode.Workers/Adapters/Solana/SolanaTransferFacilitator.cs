using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Solana;
using Hypernode.Solana.X402;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>Other people's transfers, sent with our key as their fee payer. It opens no accounts for them.</summary>
/// <param name="relayer">pays the fee, and takes no other part</param>
public sealed class SolanaTransferFacilitator(IRpcClient rpc, ISigner relayer, SolanaOptions options, TimeProvider time) : ITransferFacilitator
{
    private readonly TransferChecks checks = new(rpc);
    private readonly ConfirmationTracker tracker = new(rpc, time, new ConfirmationOptions
    {
        Deadline = TimeSpan.FromSeconds(options.ConfirmationSeconds),
        PollInterval = TimeSpan.FromMilliseconds(options.PollMilliseconds),
    });

    public WalletAddress FeePayer => relayer.PublicKey.ToAddress();

    public TransferVerdict Judge(TransferTerms terms, ReadOnlySpan<byte> transaction) =>
        ExactTransfer.Read(transaction, ToExact(terms), out var refusal) is { } transfer ? Sound(transfer) : new TransferVerdict(refusal);

    public async Task<TransferVerdict> VerifyAsync(TransferTerms terms, ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken)
    {
        if (ExactTransfer.Read(transaction.Span, ToExact(terms), out var refusal) is not { } transfer)
        {
            return new TransferVerdict(refusal);
        }

        try
        {
            var sound = Sound(transfer);
            var (code, detail) = await checks.RefuseAsync(transfer, terms.PayTo.ToKey(), opener: null, cancellationToken);
            return sound with { Refusal = code, Detail = detail };
        }
        catch (Exception e) when (e is RpcException or RpcTransportException or FormatException)
        {
            throw new IOException($"The chain can't be asked now: {e.Message}", e);
        }
    }

    public async Task<TransferOutcome> SettleAsync(TransferTerms terms, ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken)
    {
        // Whoever calls: what breaks a rule gets no signature of ours.
        if (ExactTransfer.Read(transaction.Span, ToExact(terms), out var refusal) is not { } transfer)
        {
            return new TransferOutcome(false, "", refusal);
        }

        try
        {
            // Its block is older than the latest one, so it has run out at the latest when that one has.
            var latest = await rpc.GetLatestBlockHashAsync(cancellation: cancellationToken);
            var signed = await transfer.Transaction.PartialSignAsync([relayer], cancellationToken);
            var result = await new TransactionSender(rpc, tracker).SendAsync(signed, latest.LastValidBlockHeight, cancellation: cancellationToken);
            return result switch
            {
                ConfirmationResult.Unknown unknown => new TransferOutcome(null, unknown.Signature, unknown.Reason),
                { Happened: true } => new TransferOutcome(true, result.Signature),
                ConfirmationResult.Failed failed => new TransferOutcome(false, result.Signature, failed.Error.ToString()),
                _ => new TransferOutcome(false, result.Signature, "its block ran out before it landed"),
            };
        }
        catch (Exception e) when (e is RpcException or RpcTransportException or IOException)
        {
            return new TransferOutcome(null, "", e.Message);
        }
    }

    private static TransferVerdict Sound(ExactTransfer transfer) =>
        new(null, null, transfer.Authority.ToAddress(), Hash256.Of(transfer.Transaction.MessageBytes.Span));

    private ExactTerms ToExact(TransferTerms terms) =>
        new(relayer.PublicKey, terms.Mint.ToKey(), terms.PayTo.ToKey(), terms.Amount.BaseUnits, Memo: terms.Memo);
}

using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;
using Hypernode.Solana.X402;
using ChainTerms = Hypernode.Solana.Facilitator.DepositTerms;
using DepositTerms = Hypernode.Contracts.Ports.DepositTerms;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>
/// Clients' plain transfers to the addresses of their terms: what they must be, and how one gets there. Our signature is what
/// lets one be sent, so until it is given nothing can happen, and from then on its id is known.
/// </summary>
internal sealed class DepositTransfers(IRpcClient rpc, FacilitatorProgram program, FacilitatorConfig config, ISigner relayer, SolanaOptions options, TimeProvider time)
{
    private readonly FacilitatorReader reader = new(rpc, program);
    private readonly ConfirmationTracker tracker = new(rpc, time, new ConfirmationOptions
    {
        Deadline = TimeSpan.FromSeconds(options.ConfirmationSeconds),
        PollInterval = TimeSpan.FromMilliseconds(options.PollMilliseconds),
    });

    public PublicKey AddressOf(DepositTerms terms) => program.DepositAddress(ToChain(terms), config.Cluster);

    public PublicKey TokenAddressOf(DepositTerms terms) => program.DepositTokenAddress(ToChain(terms), config.Cluster);

    public ExactTransfer? Read(DepositTerms terms, ReadOnlySpan<byte> transaction, out string? refusal) =>
        ExactTransfer.Read(transaction, new ExactTerms(relayer.PublicKey, terms.Mint.ToKey(), AddressOf(terms), terms.Amount.BaseUnits, terms.Payer.ToKey()), out refusal);

    /// <summary>Of a deposit as it was accepted: its own signature, over the transfer that its terms ask for.</summary>
    public bool IsSigned(PaymentIntent intent, long settleBy, PayerSignature signature) =>
        signature.Deposit is { } deposit
        && BytesOf(deposit) is { } bytes
        && config.Accepted(deposit.Mint.ToKey()) is not null
        && Read(DepositTerms.Of(intent, deposit, settleBy), bytes, out _) is { } transfer
        && transfer.Transaction.SignatureOf(transfer.Authority) is { } signed
        && Base58.Encode(signed) == signature.Value;

    public static byte[]? BytesOf(DepositPayment deposit)
    {
        var bytes = new byte[Transaction.MaxSize];
        return Convert.TryFromBase64String(deposit.Transaction, bytes, out var length) ? bytes[..length] : null;
    }

    public TransactionInstruction Activate(DepositTerms terms) =>
        program.ActivateIntent(ToChain(terms), config, FacilitatorProgram.TokenAccountOf(terms.Payer.ToKey(), terms.Mint.ToKey()));

    public TransactionInstruction Reclaim(DepositTerms terms, PublicKey payerToken) => program.ReclaimDeposit(ToChain(terms), config, payerToken);

    public async Task<string> TransactionIdAsync(ReadOnlyMemory<byte> transaction, CancellationToken cancellation) => (await SignAsync(transaction, cancellation)).Signature;

    /// <summary>As it goes to the chain: its id is our signature, which is the same whenever we sign.</summary>
    public async Task<Transaction> SignAsync(ReadOnlyMemory<byte> transaction, CancellationToken cancellation) =>
        await Transaction.Deserialize(transaction.Span).PartialSignAsync([relayer], cancellation);

    /// <summary>Brings the client's tokens to their address: opens the account there, and then sends the transfer.</summary>
    /// <param name="pending">a transaction of this lock whose fate is not known: the transfer's, or the activation's</param>
    /// <returns>null: they are there, or are a payment already, or the activation's fate is to be asked for first; else why not (yet)</returns>
    public async Task<EscrowAnswer?> BringAsync(DepositTerms terms, DepositPayment deposit, PendingTransaction? pending, CancellationToken cancellation)
    {
        if (await IsThereAsync(terms, cancellation))
        {
            return null;
        }

        var transfer = await SignAsync(BytesOf(deposit) ?? throw new FormatException("the deposit's transaction is no base64"), cancellation);
        if (pending is not null)
        {
            return pending.Signature == transfer.Signature ? await AskForAsync(terms, pending, cancellation) : null;
        }

        return await OpenAsync(terms, cancellation) ?? await SendAsync(terms, transfer, cancellation);
    }

    private async Task<bool> IsThereAsync(DepositTerms terms, CancellationToken cancellation) =>
        await reader.GetPaymentAsync(terms.IntentId.Value, cancellation: cancellation) is not null
        || (TokenAccount.From(await rpc.GetAccountInfoAsync(TokenAddressOf(terms), cancellation: cancellation))?.Amount ?? 0) >= terms.Amount.BaseUnits;

    private async Task<EscrowAnswer?> AskForAsync(DepositTerms terms, PendingTransaction pending, CancellationToken cancellation) =>
        await tracker.AwaitAsync(pending.Signature, pending.LastValidBlockHeight, cancellation: cancellation) switch
        {
            ConfirmationResult.Unknown unknown => new EscrowAnswer.Unknown(pending, unknown.Reason),
            { Happened: true } => await SeeAsync(terms, pending, cancellation),
            ConfirmationResult.Failed failed => Refusals.From(failed.Error) with { CanRetry = false },
            _ => Refusals.WalletTransactionLost(pending),
        };

    /// <summary>The account that the transfer needs. Whatever comes of it, nothing of the client's has moved yet.</summary>
    public async Task<EscrowAnswer?> OpenAsync(DepositTerms terms, CancellationToken cancellation)
    {
        if (await rpc.GetAccountInfoAsync(TokenAddressOf(terms), cancellation: cancellation) is { } there && there.Owner == TokenProgram.ProgramIdKey)
        {
            return null;
        }

        var opening = AssociatedTokenAccountProgram.CreateAssociatedTokenAccount(relayer.PublicKey, AddressOf(terms), terms.Mint.ToKey());
        return await new TransactionSender(rpc, tracker).SendAsync([opening], relayer, cancellation: cancellation) switch
        {
            { Happened: true } => null,
            ConfirmationResult.Failed failed => Refusals.From(failed.Error),
            var result => new EscrowAnswer.Unknown(null, $"the deposit's account is not open yet: {result}"),
        };
    }

    private async Task<EscrowAnswer?> SendAsync(DepositTerms terms, Transaction transfer, CancellationToken cancellation)
    {
        // The client's block is older than the latest one, so it has run out at the latest when that one has.
        var latest = await rpc.GetLatestBlockHashAsync(cancellation: cancellation);
        var result = await new TransactionSender(rpc, tracker).SendAsync(transfer, latest.LastValidBlockHeight, cancellation: cancellation);
        var sent = new PendingTransaction(result.Signature, latest.LastValidBlockHeight);
        return result switch
        {
            ConfirmationResult.Unknown unknown => new EscrowAnswer.Unknown(sent, unknown.Reason),
            { Happened: true } => await SeeAsync(terms, sent, cancellation),
            // Refused: perhaps because another of our hosts was faster.
            ConfirmationResult.Failed failed => await IsThereAsync(terms, cancellation) ? null : Refusals.From(failed.Error),
            _ => Refusals.WalletTransactionLost(sent),
        };
    }

    /// <summary>The transfer has happened; the account shows it as soon as this node has caught up.</summary>
    private async Task<EscrowAnswer?> SeeAsync(DepositTerms terms, PendingTransaction sent, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < TimeSpan.FromSeconds(options.ConfirmationSeconds))
        {
            try
            {
                if (await IsThereAsync(terms, cancellation))
                {
                    return null;
                }
            }
            catch (Exception e) when (e is RpcException or RpcTransportException)
            {
                // The next look may find it.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(options.PollMilliseconds), time, cancellation);
        }

        // From settle_by on anybody may have given it back, and then it is nowhere any more.
        return time.GetUtcNow().ToUnixTimeSeconds() > terms.SettleBy
            ? new EscrowAnswer.Refused("deposit-returned", "the deposit arrived and did not become a payment before settle_by", CanRetry: false)
            : new EscrowAnswer.Unknown(sent, "the transfer has happened, but the account does not show it yet");
    }

    private static ChainTerms ToChain(DepositTerms terms) =>
        new(terms.Mint.ToKey(), terms.IntentId.Value, terms.JobId.Value, terms.Payer.ToKey(), terms.Amount.BaseUnits, terms.SettleBy);
}

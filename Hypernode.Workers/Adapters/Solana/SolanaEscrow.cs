using System.Text;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;
using Microsoft.Extensions.Logging;
using DepositTerms = Hypernode.Contracts.Ports.DepositTerms;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>The escrow on Solana: the facilitator program, driven with the relayer's, the assigner's and the oracles' keys.</summary>
public sealed class SolanaEscrow : IEscrow
{
    private readonly IRpcClient rpc;
    private readonly FacilitatorProgram program;
    private readonly FacilitatorConfig config;
    private readonly ISigner relayer;
    private readonly ISigner assigner;
    private readonly IOracleQuorum oracles;
    private readonly SolanaOptions options;
    private readonly TimeProvider time;
    private readonly EscrowChain chain;
    private readonly WalletTransactions walletTransactions;
    private readonly DepositTransfers deposits;

    /// <param name="config">as the chain has it</param>
    /// <param name="relayer">Config's facilitator: signs, and pays fees and rent</param>
    /// <param name="assigner">Config's</param>
    public SolanaEscrow(
        IRpcClient rpc, Deployment deployment, FacilitatorConfig config, ISigner relayer, ISigner assigner, IOracleQuorum oracles, SolanaOptions options, TimeProvider time,
        ILoggerFactory? loggers = null, ISignatureSignals? signals = null)
    {
        if (config.Facilitator != relayer.PublicKey || config.Assigner != assigner.PublicKey || config.Mint != deployment.Mint.ToKey())
        {
            throw new ArgumentException("Relayer, assigner and mint are not those of the Config on chain.", nameof(config));
        }

        (this.rpc, this.config, this.relayer, this.assigner, this.oracles, this.options, this.time) = (rpc, config, relayer, assigner, oracles, options, time);
        Deployment = deployment;
        program = new FacilitatorProgram(deployment.Program.ToKey());
        chain = new EscrowChain(rpc, program, relayer, [config.ProtocolVault, config.PlatformVault], options, time, loggers, signals);
        walletTransactions = new WalletTransactions(program, relayer.PublicKey, config.Mint);
        deposits = new DepositTransfers(rpc, program, config, relayer, options, time);
    }

    public Deployment Deployment { get; }

    public Task<EscrowAnswer> LockAsync(LockEscrow command, CancellationToken cancellationToken) => command.Signature.Deposit is { } deposit
        ? LockDepositAsync(command, deposit, cancellationToken)
        : LockAsync(command, command.Pending, () => BuildLock(command), cancellationToken);

    private Task<EscrowAnswer> LockAsync(LockEscrow command, PendingTransaction? pending, Func<Step> build, CancellationToken cancellationToken) => chain.MoveAsync(
        command.Intent.IntentId.Value,
        pending,
        // Whatever stands under this id: nothing else can be locked under it. The caller judges whether it is the same payment.
        isSo: _ => true,
        build: (_, _) => Task.FromResult(build()),
        cancellationToken);

    /// <summary>First the client's transfer to the address of its terms, and then, from there, the payment.</summary>
    private async Task<EscrowAnswer> LockDepositAsync(LockEscrow command, DepositPayment deposit, CancellationToken cancellationToken)
    {
        if (!deposits.IsSigned(command.Intent, command.SettleBy, command.Signature))
        {
            return new EscrowAnswer.Refused("deposit-malformed", "not the transfer of these terms, signed by their payer", CanRetry: false);
        }

        try
        {
            var terms = DepositTerms.Of(command.Intent, deposit, command.SettleBy);
            if (await deposits.BringAsync(terms, deposit, command.Pending, cancellationToken) is { } notYet)
            {
                return notYet;
            }

            // The transfer's fate is known by now; only the activation's may still be asked for.
            var isTransfer = command.Pending is { } pending && pending.Signature == await deposits.TransactionIdAsync(DepositTransfers.BytesOf(deposit)!, cancellationToken);
            return await LockAsync(command, isTransfer ? null : command.Pending, () => Step.Of([deposits.Activate(terms)]), cancellationToken);
        }
        catch (Exception e) when (e is RpcException or RpcTransportException or IOException)
        {
            return new EscrowAnswer.Unknown(command.Pending, e.Message);
        }
    }

    public Task<EscrowAnswer> AssignAsync(AssignNode command, CancellationToken cancellationToken)
    {
        var (intent, node, attempt) = (command.IntentId.Value, command.Authority.ToKey(), (uint)command.Attempt);
        return chain.MoveAsync(
            intent,
            pending: null,
            // A higher attempt never goes back: that is an answer too.
            isSo: payment => payment.Attempt >= attempt,
            build: (payment, _) => Task.FromResult(payment switch
            {
                null => Step.Refuse(Refusals.Missing(intent)),
                { Status: not PaymentStatus.Pending } => Step.Refuse(nameof(FacilitatorError.InvalidPaymentStatus), $"the payment is {payment.Status}"),
                _ => Step.Of([program.AssignNode(intent, attempt, node, assigner.PublicKey)], assigner),
            }),
            cancellationToken);
    }

    public Task<EscrowAnswer> SettleAsync(SettlePayment command, CancellationToken cancellationToken) => PayOutAsync(avoidUsual => chain.MoveAsync(
        command.IntentId.Value,
        command.Pending,
        isSo: HasEnded,
        build: (payment, cancellation) => BuildSettlementAsync(command, payment, avoidUsual, cancellation),
        cancellationToken));

    public Task<EscrowAnswer> RefundAsync(RefundPayment command, CancellationToken cancellationToken) => PayOutAsync(avoidUsual => chain.MoveAsync(
        command.IntentId.Value,
        command.Pending,
        isSo: HasEnded,
        build: (payment, cancellation) => BuildRefundAsync(command, payment, avoidUsual, cancellation),
        cancellationToken));

    public Task<EscrowView?> FindAsync(IntentId intent, CancellationToken cancellationToken) =>
        AskAsync(() => chain.FindAsync(intent.Value, cancellationToken));

    public Task<PayerFunds> FundsOfAsync(WalletAddress payer, CancellationToken cancellationToken) => AskAsync(async () =>
    {
        var wallet = payer.ToKey();
        var account = TokenAccount.From(await rpc.GetAccountInfoAsync(FacilitatorProgram.TokenAccountOf(wallet, config.Mint), cancellation: cancellationToken));
        var allowed = account is not null && account.Delegate == program.AllowanceAddress(wallet) ? account.DelegatedAmount : 0;
        return new PayerFunds(new HyperAmount(account?.Amount ?? 0), new HyperAmount(allowed));
    });

    public Task<IReadOnlyList<EscrowView>> OpenPastAsync(long settleBy, CancellationToken cancellationToken) => AskAsync<IReadOnlyList<EscrowView>>(async () =>
    {
        var open = await chain.ListOpenAsync(cancellationToken);
        return [.. open.Where(p => p.SettleBy < settleBy).OrderBy(p => p.SettleBy).Select(p => p.ToView(program, lastSignature: null))];
    });

    public Task<WalletTransaction> PrepareTransactionAsync(PaymentIntent intent, long settleBy, CancellationToken cancellationToken) => AskAsync(async () =>
    {
        var latest = await rpc.GetLatestBlockHashAsync(cancellation: cancellationToken);
        return new WalletTransaction(walletTransactions.Prepare(intent, settleBy, latest.Blockhash), latest.LastValidBlockHeight);
    });

    public PayerSignature? ReadTransaction(PaymentIntent intent, long settleBy, ReadOnlySpan<byte> signed) => walletTransactions.Read(intent, settleBy, signed);

    public bool IsAgreed(PaymentIntent intent, long settleBy, PayerSignature signature) => signature switch
    {
        { Deposit: not null } => deposits.IsSigned(intent, settleBy, signature),
        { Blockhash: not null } => walletTransactions.IsSigned(intent, settleBy, signature),
        _ => Verify(intent.Client, Encoding.UTF8.GetBytes(intent.ToSigningText()), signature.Value),
    };

    public bool Verify(WalletAddress signer, ReadOnlySpan<byte> message, string signatureBase58) =>
        TryDecodeSignature(signatureBase58, out var signature) && signer.ToKey().Verify(message, signature);

    /// <summary>An account that moved away between the look and the payout may not decide whether it happens.</summary>
    private static async Task<EscrowAnswer> PayOutAsync(Func<bool, Task<EscrowAnswer>> move)
    {
        var answer = await move(false);
        if (Refusals.IsOfPayoutAccount(answer))
        {
            answer = await move(true);
        }

        // Nobody's fault but a wallet's: to give up before settle_by would let the payer have the work for nothing.
        return answer is EscrowAnswer.Refused refused && Refusals.IsOfPayoutAccount(refused) ? refused with { CanRetry = true } : answer;
    }

    private Step BuildLock(LockEscrow command)
    {
        var intent = command.Intent;
        if (!TryDecodeSignature(command.Signature.Value, out var signature))
        {
            return Step.Refuse("signature-malformed", "the signature is not base58 of 64 bytes");
        }

        if (command.Signature.Blockhash is { } blockhash)
        {
            return Step.OfGiven(blockhash, walletTransactions.InstructionsOf(intent, command.SettleBy), new GivenSignature(intent.Client.ToKey(), signature));
        }

        var text = Encoding.UTF8.GetBytes(intent.ToSigningText());
        var terms = new SignedIntentTerms(
            intent.IntentId.Value, command.JobId.Value, intent.Amount.BaseUnits, checked((ulong)intent.Timestamp), checked((ulong)intent.ExpiresAt),
            command.SpecHash.ToBytes(), command.SettleBy, command.Salt.ToBytes());
        return Step.Of(program.AuthorizeIntent(terms, relayer.PublicKey, config.Mint, intent.Client.ToKey(), text, signature));
    }

    private async Task<Step> BuildSettlementAsync(SettlePayment command, PaymentIntentAccount? payment, bool avoidUsual, CancellationToken cancellation)
    {
        if (payment is null)
        {
            return Step.Refuse(Refusals.Missing(command.IntentId.Value));
        }

        // The oracles sign nothing that contradicts the chain, even where the program would refuse it anyway.
        var node = command.Authority.ToKey();
        if (payment.Attempt != command.Attempt || payment.AssignedNode != node || payment.JobId != command.JobId.Value)
        {
            // It was assigned before it was run: who shows an earlier attempt is behind. A later one never goes back.
            return Step.Refuse(new EscrowAnswer.Refused(
                "attempt-mismatch",
                $"the payment names attempt {payment.Attempt} of {payment.AssignedNode}, job {payment.JobId:D}",
                CanRetry: payment.Attempt < command.Attempt));
        }

        if (command.Charge.BaseUnits == 0 || command.Charge.BaseUnits > payment.Amount)
        {
            return Step.Refuse(nameof(FacilitatorError.ChargeOutOfRange), $"a charge of {command.Charge.BaseUnits} base units out of {payment.Amount}");
        }

        if (command.Verdict is not (Verdict.Succeeded or Verdict.JobFault or Verdict.Cancelled))
        {
            return Step.Refuse("verdict-not-payable", $"{command.Verdict} is not paid");
        }

        var accounts = chain.PayoutAccounts(payment.Mint);
        var nodeToken = await accounts.OfNodeAsync(node, avoidUsual, cancellation);
        var payerToken = await accounts.OfPayerAsync(payment.Payer, payment.IntentId, avoidUsual, cancellation);
        var proof = new UsageProof(
            payment.IntentId, payment.Attempt, node, (ProofVerdict)(byte)command.Verdict, command.Charge.BaseUnits,
            command.ExecutionHash.ToBytes(), command.LogsHash.ToBytes(), ValidUntil());
        var signatures = oracles.Sign(proof.Digest(config.Cluster, program.ProgramIdKey));
        return Step.Of([.. payerToken.Opening, .. program.SubmitUsageProof(proof, config, nodeToken, payerToken.Address, payment.RentPayer, signatures, payment.Mint)]);
    }

    private async Task<Step> BuildRefundAsync(RefundPayment command, PaymentIntentAccount? payment, bool avoidUsual, CancellationToken cancellation)
    {
        if (payment is null)
        {
            return Step.Refuse(Refusals.Missing(command.IntentId.Value));
        }

        var (to, opening) = await chain.PayoutAccounts(payment.Mint).OfPayerAsync(payment.Payer, payment.IntentId, avoidUsual, cancellation);
        switch (command.Reason)
        {
            case RefundReason.Expired:
                return Step.Of([.. opening, program.RefundExpired(payment.IntentId, payment.Mint, to, payment.RentPayer)]);
            case RefundReason.Cancelled or RefundReason.AttemptsUsedUp when payment.Attempt == 0:
                return Step.Of([.. opening, program.Cancel(payment.IntentId, relayer.PublicKey, payment.Mint, to, payment.RentPayer)]);
            case RefundReason.Cancelled or RefundReason.AttemptsUsedUp when payment.Attempt <= command.Attempt:
                // The chain may be behind: the last attempts may have ended before they were written there.
                var order = new RefundOrder(payment.IntentId, payment.Attempt, (byte)command.Reason, ValidUntil());
                var signatures = oracles.Sign(order.Digest(config.Cluster, program.ProgramIdKey));
                return Step.Of([.. opening, .. program.RefundFailed(order, config, to, payment.RentPayer, signatures, payment.Mint)]);
            default:
                // The oracles speak about attempts that they have judged, not about a later one that may be running.
                return Step.Refuse("attempt-mismatch", $"the payment names attempt {payment.Attempt}, not {command.Attempt}");
        }
    }

    private long ValidUntil() => time.GetUtcNow().ToUnixTimeSeconds() + options.AttestationSeconds;

    private static bool HasEnded(PaymentIntentAccount payment) => payment.Status != PaymentStatus.Pending;

    private static bool TryDecodeSignature(string base58, out byte[] signature) =>
        Base58.TryDecode(base58, out signature) && signature.Length == Ed25519.SignatureLength;

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (e is RpcException or RpcTransportException or FormatException)
        {
            throw new IOException($"The chain can't be asked now: {e.Message}", e);
        }
    }
}

using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;
using Microsoft.Extensions.Logging;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>
/// How every movement of money goes: ask the chain; find out what became of an earlier transaction; only then send; and
/// ask the chain again. What it answers is what the chain says, not what was sent.
/// </summary>
/// <param name="contended">accounts that all payments write to</param>
internal sealed class EscrowChain(
    IRpcClient rpc, FacilitatorProgram program, ISigner feePayer, IReadOnlyList<PublicKey> contended, SolanaOptions options, TimeProvider time, ILoggerFactory? loggers, ISignatureSignals? signals)
{
    private const int SignaturesToLookThrough = 20;
    private const ulong LamportsPerMilliSol = 1_000_000;

    private readonly FacilitatorReader reader = new(rpc, program);
    private readonly ConfirmationTracker tracker = new(rpc, time, new ConfirmationOptions
    {
        Deadline = TimeSpan.FromSeconds(options.ConfirmationSeconds),
        PollInterval = TimeSpan.FromMilliseconds(options.PollMilliseconds),
    }, loggers?.CreateLogger<ConfirmationTracker>(), signals);

    private readonly PriorityFeePolicy fees = new(rpc, time, [feePayer.PublicKey, .. contended], new PriorityFeeOptions
    {
        Percentile = options.PriorityPercentile,
        Most = (ulong)options.MaxPriorityMicroLamports,
        ComputeUnits = (uint)options.ComputeUnits,
    }, loggers?.CreateLogger<PriorityFeePolicy>());

    private readonly FeePayerBudget purse = new(rpc, feePayer.PublicKey, time, new FeePayerOptions
    {
        Low = (ulong)options.FeePayerLowMilliSol * LamportsPerMilliSol,
        Critical = (ulong)options.FeePayerLowMilliSol * LamportsPerMilliSol / 10,
    }, loggers?.CreateLogger<FeePayerBudget>());

    /// <param name="intent">whose payment moves</param>
    /// <param name="pending">an earlier transaction of ours, whose fate is not known</param>
    /// <param name="isSo">has the payment got there already, or somewhere from where it can't get there any more?</param>
    /// <param name="build">the instructions and further signers, from the payment as it is (null: there is none), or why not</param>
    public async Task<EscrowAnswer> MoveAsync(
        Guid intent,
        PendingTransaction? pending,
        Func<PaymentIntentAccount, bool> isSo,
        Func<PaymentIntentAccount?, CancellationToken, Task<Step>> build,
        CancellationToken cancellation)
    {
        try
        {
            var payment = await reader.GetPaymentAsync(intent, cancellation: cancellation);
            if (payment is not null && isSo(payment))
            {
                return await DoneAlreadyAsync(payment, cancellation);
            }

            if (pending is not null)
            {
                if (await AskForAsync(intent, pending, isSo, cancellation) is { } answer)
                {
                    return answer;
                }

                payment = await reader.GetPaymentAsync(intent, cancellation: cancellation);
            }

            await purse.CheckAsync(cancellation);
            var step = await build(payment, cancellation);
            if (step.Blockhash is not null && pending is not null)
            {
                // It had its one chance: the same bytes again are the same transaction.
                return Refusals.WalletTransactionLost(pending);
            }

            return step.Refusal ?? await SendAsync(intent, step, isSo, cancellation);
        }
        catch (Exception e) when (e is RpcException or RpcTransportException or FormatException or IOException)
        {
            // Before anything was sent (or signed: a signer elsewhere may be silent): nothing was learnt and nothing has changed.
            return new EscrowAnswer.Unknown(pending, e.Message);
        }
    }

    public async Task<EscrowView?> FindAsync(Guid intent, CancellationToken cancellation) =>
        await reader.GetPaymentAsync(intent, cancellation: cancellation) is { } payment
            ? payment.ToView(program, await LastSignatureAsync(intent, cancellation))
            : null;

    public Task<IReadOnlyList<PaymentIntentAccount>> ListOpenAsync(CancellationToken cancellation) =>
        reader.ListPaymentsAsync(PaymentStatus.Pending, cancellation);

    /// <summary>Where money goes to.</summary>
    public PayoutAccounts PayoutAccounts(PublicKey mint) => new(rpc, new TransactionSender(rpc, tracker), mint, feePayer);

    private async Task<EscrowAnswer?> AskForAsync(Guid intent, PendingTransaction pending, Func<PaymentIntentAccount, bool> isSo, CancellationToken cancellation)
    {
        var fate = await tracker.AwaitAsync(pending.Signature, pending.LastValidBlockHeight, cancellation: cancellation);
        return fate switch
        {
            ConfirmationResult.Unknown unknown => new EscrowAnswer.Unknown(pending, unknown.Reason),
            { Happened: true } => await ReadBackAsync(intent, fate, pending.LastValidBlockHeight, isSo, cancellation),
            // Failed or expired: it can't land any more, so another may be sent.
            _ => await FindSoAsync(intent, isSo, cancellation),
        };
    }

    private async Task<EscrowAnswer> SendAsync(Guid intent, Step step, Func<PaymentIntentAccount, bool> isSo, CancellationToken cancellation)
    {
        var blockhash = await rpc.GetLatestBlockHashAsync(cancellation: cancellation);
        if (step.Blockhash is { } given)
        {
            // Older than the latest one, so it has run out at the latest when that one has.
            blockhash = blockhash with { Blockhash = given };
        }

        var transaction = await BuildAsync(step, blockhash, step.Blockhash is null ? await fees.BudgetAsync(cancellation) : [], cancellation);
        // From here on something may have happened: the signature goes with every answer.
        var result = await new TransactionSender(rpc, tracker).SendAsync(transaction, blockhash.LastValidBlockHeight, cancellation: cancellation);
        switch (result)
        {
            case ConfirmationResult.Unknown unknown:
                return new EscrowAnswer.Unknown(new PendingTransaction(unknown.Signature, unknown.LastValidBlockHeight), unknown.Reason);
            case { Happened: true }:
                return await ReadBackAsync(intent, result, blockhash.LastValidBlockHeight, isSo, cancellation);
        }

        // Refused: perhaps because another of ours, or anybody, was faster.
        try
        {
            return await FindSoAsync(intent, isSo, cancellation) ?? (EscrowAnswer)(result switch
            {
                ConfirmationResult.Failed failed => Refusals.From(failed.Error),
                ConfirmationResult.Expired expired when step.Blockhash is not null =>
                    Refusals.WalletTransactionLost(new PendingTransaction(expired.Signature, expired.LastValidBlockHeight)),
                ConfirmationResult.Expired expired => Refusals.Expired(expired),
                _ => throw new InvalidOperationException($"No such result: {result}"),
            });
        }
        catch (Exception e) when (e is RpcException or RpcTransportException)
        {
            return new EscrowAnswer.Unknown(new PendingTransaction(result.Signature, blockhash.LastValidBlockHeight), e.Message);
        }
    }

    private async Task<Transaction> BuildAsync(Step step, LatestBlockHash blockhash, IReadOnlyList<TransactionInstruction> budget, CancellationToken cancellation)
    {
        Task<Transaction> OfAsync(IReadOnlyList<TransactionInstruction> first) => new TransactionBuilder()
            .SetFeePayer(feePayer.PublicKey)
            .SetRecentBlockHash(blockhash.Blockhash)
            .AddInstructions([.. first, .. step.Instructions])
            .BuildAsync([feePayer, .. step.Signers], cancellation);
        try
        {
            return await OfAsync(budget);
        }
        catch (InvalidOperationException) when (budget.Count > 0)
        {
            // No room for a tip beside a payout that opens an account: slow is better than never.
            return await OfAsync([]);
        }
    }

    /// <summary>The transaction has happened; the account shows it as soon as this node has caught up.</summary>
    private async Task<EscrowAnswer> ReadBackAsync(
        Guid intent, ConfirmationResult happened, ulong lastValidBlockHeight, Func<PaymentIntentAccount, bool> isSo, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        var trouble = "the account does not show it yet";
        while (true)
        {
            try
            {
                if (await reader.GetPaymentAsync(intent, cancellation: cancellation) is { } payment && isSo(payment))
                {
                    return new EscrowAnswer.Done(happened.Signature, payment.ToView(program, happened.Signature));
                }
            }
            catch (Exception e) when (e is RpcException or RpcTransportException)
            {
                trouble = e.Message;
            }

            if (time.GetElapsedTime(started) > TimeSpan.FromSeconds(options.ConfirmationSeconds))
            {
                return new EscrowAnswer.Unknown(new PendingTransaction(happened.Signature, lastValidBlockHeight), $"{happened}, but {trouble}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(options.PollMilliseconds), time, cancellation);
        }
    }

    private async Task<EscrowAnswer.Done?> FindSoAsync(Guid intent, Func<PaymentIntentAccount, bool> isSo, CancellationToken cancellation) =>
        await reader.GetPaymentAsync(intent, cancellation: cancellation) is { } payment && isSo(payment)
            ? await DoneAlreadyAsync(payment, cancellation)
            : null;

    private async Task<EscrowAnswer.Done> DoneAlreadyAsync(PaymentIntentAccount payment, CancellationToken cancellation)
    {
        var signature = await LastSignatureAsync(payment.IntentId, cancellation);
        return new EscrowAnswer.Done(signature ?? "", payment.ToView(program, signature));
    }

    private async Task<string?> LastSignatureAsync(Guid intent, CancellationToken cancellation)
    {
        // Failed ones name the account too, but have not brought it anywhere.
        var history = await rpc.GetSignaturesForAddressAsync(program.PaymentAddress(intent), SignaturesToLookThrough, cancellation: cancellation);
        return history.FirstOrDefault(s => s.Error is null)?.Signature;
    }
}

/// <summary>What to send, or why there is nothing to send.</summary>
/// <param name="Blockhash">of a transaction that somebody has signed already: it is sent as it is, or never</param>
internal sealed record Step(
    IReadOnlyList<TransactionInstruction> Instructions, IReadOnlyList<ISigner> Signers, EscrowAnswer.Refused? Refusal = null, string? Blockhash = null)
{
    public static Step OfGiven(string blockhash, IReadOnlyList<TransactionInstruction> instructions, GivenSignature given) =>
        new(instructions, [given], Blockhash: blockhash);

    public static Step Of(IReadOnlyList<TransactionInstruction> instructions, params IReadOnlyList<ISigner> signers) => new(instructions, signers);

    public static Step Refuse(EscrowAnswer.Refused refusal) => new([], [], refusal);

    public static Step Refuse(string code, string detail) => Refuse(new EscrowAnswer.Refused(code, detail, CanRetry: false));
}

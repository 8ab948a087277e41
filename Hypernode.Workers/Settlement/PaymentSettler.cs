using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Logging;

namespace Hypernode.Workers.Settlement;

/// <summary>Release: the chain splits the charge and returns the remainder. What is reported is what the chain says, not what was asked.</summary>
public sealed class PaymentSettler(IEscrow escrow, ILogger<PaymentSettler> logger) : IHandle<SettlePayment>
{
    public async Task<object> HandleAsync(SettlePayment command, CancellationToken cancellationToken) =>
        await escrow.SettleAsync(command, cancellationToken) switch
        {
            EscrowAnswer.Done done => Judge(command, done.Payment, done.Signature),
            EscrowAnswer.Unknown unknown => Unknown(command, unknown.Pending ?? command.Pending, unknown.Detail),
            EscrowAnswer.Refused refused => await AskWhyAsync(command, refused, cancellationToken),
            var other => throw new AnswerUnknownException($"no such answer: {other.GetType().Name}"),
        };

    /// <summary>The most frequent refusal is "already settled", by an earlier try of our own: a success.</summary>
    private async Task<object> AskWhyAsync(SettlePayment command, EscrowAnswer.Refused refused, CancellationToken cancellationToken)
    {
        try
        {
            return await escrow.FindAsync(command.IntentId, cancellationToken) is { Status: not EscrowStatus.Pending } payment
                ? Judge(command, payment, payment.LastSignature ?? command.Pending?.Signature ?? "")
                : Failed(command, refused.Code, refused.Detail, refused.CanRetry);
        }
        catch (IOException e)
        {
            return Unknown(command, command.Pending, $"{refused.Code}: {refused.Detail}; {e.Message}");
        }
    }

    private object Judge(SettlePayment command, EscrowView payment, string signature)
    {
        if (payment.Status == EscrowStatus.Refunded)
        {
            // After settle_by anyone may refund. The chain is the judge: the saga hears what it says.
            Log.PaymentDiffers(logger, command.JobId, "refunded although a settlement was asked for");
            return new PaymentRefunded(command.JobId, signature, payment.Amount);
        }

        if (payment.Status == EscrowStatus.Pending)
        {
            return Unknown(command, command.Pending, "the payment is still open");
        }

        if (payment.ExecutionHash != command.ExecutionHash || payment.LogsHash != command.LogsHash)
        {
            Log.PaymentDiffers(logger, command.JobId, "settled with other hashes");
            return Failed(command, "settled-with-other-hashes", $"execution {payment.ExecutionHash}, logs {payment.LogsHash}", canRetry: false);
        }

        if (payment.Charge != command.Charge)
        {
            Log.ChargeDiffers(logger, command.JobId, payment.Charge.BaseUnits, command.Charge.BaseUnits);
        }

        return Settled(command.JobId, payment, signature);
    }

    /// <summary>Where the money went, in the chain's own numbers.</summary>
    internal static PaymentSettled Settled(JobId job, EscrowView payment, string signature)
    {
        var split = FeeSplit.Of(payment.Charge);
        return new PaymentSettled(
            job, signature, payment.Charge, split.NodeShare, split.ProtocolFee, split.PlatformFee, payment.Amount - payment.Charge);
    }

    private PaymentSettlementFailed Failed(SettlePayment command, string code, string detail, bool canRetry)
    {
        Log.SettlementFailed(logger, command.JobId, code, detail, canRetry);
        return new PaymentSettlementFailed(command.JobId, code, detail, canRetry);
    }

    private PaymentSettlementUnknown Unknown(SettlePayment command, PendingTransaction? pending, string detail)
    {
        Log.SettlementUnknown(logger, command.JobId, detail);
        return new PaymentSettlementUnknown(command.JobId, pending, detail);
    }
}

using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Logging;

namespace Hypernode.Workers.Settlement;

/// <summary>Everything back to the payer. Every failure is "not yet": the saga asks again until the chain says that it is done.</summary>
public sealed class PaymentRefunder(IEscrow escrow, ILogger<PaymentRefunder> logger) : IHandle<RefundPayment>
{
    public async Task<object> HandleAsync(RefundPayment command, CancellationToken cancellationToken) =>
        await escrow.RefundAsync(command, cancellationToken) switch
        {
            EscrowAnswer.Done done => Judge(command, done.Payment, done.Signature),
            EscrowAnswer.Unknown unknown => Failed(command, unknown.Pending ?? command.Pending, "unknown", unknown.Detail),
            EscrowAnswer.Refused refused => await AskWhyAsync(command, refused, cancellationToken),
            var other => throw new AnswerUnknownException($"no such answer: {other.GetType().Name}"),
        };

    /// <summary>Anyone may refund after settle_by: the refusal may only say that somebody was faster.</summary>
    private async Task<object> AskWhyAsync(RefundPayment command, EscrowAnswer.Refused refused, CancellationToken cancellationToken)
    {
        try
        {
            return await escrow.FindAsync(command.IntentId, cancellationToken) is { Status: not EscrowStatus.Pending } payment
                ? Judge(command, payment, payment.LastSignature ?? command.Pending?.Signature ?? "")
                : Failed(command, null, refused.Code, refused.Detail);
        }
        catch (IOException e)
        {
            return Failed(command, command.Pending, "unknown", $"{refused.Code}: {refused.Detail}; {e.Message}");
        }
    }

    private object Judge(RefundPayment command, EscrowView payment, string signature)
    {
        switch (payment.Status)
        {
            case EscrowStatus.Refunded:
                return new PaymentRefunded(command.JobId, signature, payment.Amount);
            case EscrowStatus.Completed:
                // A settlement whose answer was never heard did land: the saga must hear it, or it would ask for a refund for ever.
                Log.PaymentDiffers(logger, command.JobId, "paid out although a refund was asked for");
                return PaymentSettler.Settled(command.JobId, payment, signature);
            default:
                return Failed(command, command.Pending, "unknown", "the payment is still open");
        }
    }

    private PaymentRefundFailed Failed(RefundPayment command, PendingTransaction? pending, string code, string detail)
    {
        Log.RefundFailed(logger, command.JobId, code, detail);
        return new PaymentRefundFailed(command.JobId, pending, code, detail);
    }
}

using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Logging;

namespace Hypernode.Workers.Escrow;

/// <summary>
/// Locks the payer's tokens. It says <see cref="EscrowLockFailed"/> only when nothing is locked and nothing can be any more:
/// a wrong "failed" would reject a job whose tokens lie in escrow.
/// </summary>
public sealed class EscrowLocker(IEscrow escrow, TimeProvider time, ILogger<EscrowLocker> logger) : IHandle<LockEscrow>
{
    public async Task<object> HandleAsync(LockEscrow command, CancellationToken cancellationToken) =>
        await escrow.LockAsync(command, cancellationToken) switch
        {
            EscrowAnswer.Done done => Judge(command, done.Payment, done.Signature),
            EscrowAnswer.Unknown unknown => Unknown(command, unknown.Pending ?? command.Pending, unknown.Detail),
            EscrowAnswer.Refused { CanRetry: false } refused => Failed(command, refused.Code, refused.Detail),
            EscrowAnswer.Refused refused when !IsPast(command) => Unknown(command, null, $"{refused.Code}: {refused.Detail}"),
            _ => await AskOnceMoreAsync(command, cancellationToken),
        };

    private bool IsPast(LockEscrow command) => command.Intent.ExpiresAt <= time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>authorize_by is past and no transaction of ours can land: what the chain says now, it says for good.</summary>
    private async Task<object> AskOnceMoreAsync(LockEscrow command, CancellationToken cancellationToken)
    {
        try
        {
            return await escrow.FindAsync(command.Intent.IntentId, cancellationToken) is { } payment
                ? Judge(command, payment, payment.LastSignature ?? command.Pending?.Signature ?? "")
                : Failed(command, "authorize-by-past", "authorize_by is past and nothing was locked");
        }
        catch (IOException e)
        {
            return Unknown(command, command.Pending, e.Message);
        }
    }

    private object Judge(LockEscrow command, EscrowView payment, string signature)
    {
        var intent = command.Intent;
        if (payment.IntentId != intent.IntentId || payment.JobId != command.JobId || payment.Payer != intent.Client
            || payment.Amount != command.Signature.Funded(intent.Amount) || payment.SettleBy != command.SettleBy || !IsInItsMint(command, payment))
        {
            Log.PaymentDiffers(logger, command.JobId, "another payment has this intent id");
            return Failed(command, "payment-mismatch", "the intent id is taken by another payment");
        }

        return payment.Status switch
        {
            EscrowStatus.Pending => new EscrowLocked(command.JobId, signature, payment.Escrow),
            EscrowStatus.Refunded => Failed(command, "already-refunded", "the payment was locked and has been refunded"),
            _ => Failed(command, "already-paid", "the payment was locked and has been paid out"),
        };
    }

    /// <summary>The same number of another token would be another payment.</summary>
    private bool IsInItsMint(LockEscrow command, EscrowView payment) =>
        (payment.Mint ?? escrow.Deployment.Mint) == (command.Signature.Deposit?.Mint ?? escrow.Deployment.Mint);

    private EscrowLockFailed Failed(LockEscrow command, string code, string detail)
    {
        Log.LockFailed(logger, command.JobId, code, detail);
        return new EscrowLockFailed(command.JobId, code, detail);
    }

    private EscrowLockUnknown Unknown(LockEscrow command, PendingTransaction? pending, string detail)
    {
        Log.LockUnknown(logger, command.JobId, detail);
        return new EscrowLockUnknown(command.JobId, pending, detail);
    }
}

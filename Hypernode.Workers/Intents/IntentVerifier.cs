using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Logging;

namespace Hypernode.Workers.Intents;

/// <summary>May this intent be locked? Checked again although the API has checked it: time has passed, and funds move.</summary>
public sealed class IntentVerifier(IEscrow escrow, TimeProvider time, ILogger<IntentVerifier> logger) : IHandle<VerifyIntent>
{
    public async Task<object> HandleAsync(VerifyIntent command, CancellationToken cancellationToken)
    {
        var refusal = IntentRules.CheckTerms(command, time.GetUtcNow())
            ?? IntentRules.CheckSignature(command, escrow)
            ?? IntentRules.CheckFunds(command, await AskFundsAsync(command, cancellationToken));
        if (refusal is null)
        {
            return new IntentVerified(command.JobId);
        }

        Log.IntentRefused(logger, command.JobId, refusal.Code, refusal.Detail);
        return new IntentVerificationFailed(command.JobId, refusal.Code, refusal.Detail);
    }

    private async Task<PayerFunds> AskFundsAsync(VerifyIntent command, CancellationToken cancellationToken)
    {
        try
        {
            return await escrow.FundsOfAsync(command.Intent.Client, cancellationToken);
        }
        catch (IOException e)
        {
            throw new AnswerUnknownException("the chain can't be asked for the payer's funds", e);
        }
    }
}

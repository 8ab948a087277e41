using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;

namespace Hypernode.Workers.Intents;

/// <summary>Why an intent can't be locked.</summary>
public sealed record IntentRefusal(string Code, string Detail);

/// <summary>What an intent must satisfy before anything is locked (protocol A6–A9), in order: what it says, who signed it, what the payer has.</summary>
public static class IntentRules
{
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan MaxLifetime = TimeSpan.FromHours(24);

    /// <summary>The program's own bound on settle_by.</summary>
    private static readonly TimeSpan MaxSettleAhead = TimeSpan.FromDays(7);

    private static readonly long MaxTime = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Null: amount and times are in range.</summary>
    public static IntentRefusal? CheckTerms(VerifyIntent command, DateTimeOffset now)
    {
        var intent = command.Intent;
        var nowMs = now.ToUnixTimeMilliseconds();
        if (intent.JobId != command.JobId)
        {
            return new("job-mismatch", "the intent names another job");
        }

        if (intent.Amount == HyperAmount.Zero || intent.Amount.BaseUnits > HyperAmount.MaxBaseUnits)
        {
            return new("amount-out-of-range", "the amount must be from 1 to 2^63 - 1 base units");
        }

        // First of the times: past these bounds the text can't even be rendered.
        if (intent.Timestamp < 0 || intent.ExpiresAt < 0 || intent.Timestamp > MaxTime || intent.ExpiresAt > MaxTime)
        {
            return new("timestamp-out-of-range", "not a time");
        }

        if (intent.Timestamp > nowMs + (long)Skew.TotalMilliseconds)
        {
            return new("timestamp-in-future", $"made more than {Skew.TotalMinutes} minutes ahead of our clock");
        }

        if (intent.ExpiresAt <= intent.Timestamp || intent.ExpiresAt - intent.Timestamp > (long)MaxLifetime.TotalMilliseconds)
        {
            return new("lifetime-out-of-range", $"it must expire after it was made, at most {MaxLifetime.TotalHours} hours later");
        }

        if (intent.ExpiresAt <= nowMs)
        {
            return new("intent-expired", "authorize_by is past");
        }

        var earliest = (intent.ExpiresAt + 999) / 1000;
        var latest = now.Add(MaxSettleAhead).ToUnixTimeSeconds();
        return command.SettleBy < earliest || command.SettleBy > latest
            ? new("settle-by-out-of-range", $"settle_by must be from {earliest} to {latest}")
            : null;
    }

    /// <summary>Null: the payer signed exactly this, and committed to job, payer and settle_by.</summary>
    public static IntentRefusal? CheckSignature(VerifyIntent command, IEscrow escrow)
    {
        var intent = command.Intent;
        var committed = IntentNonce.Compute(escrow.Deployment, intent.Client, command.SpecHash, command.SettleBy, command.Salt);
        if (intent.Nonce != committed)
        {
            return new("nonce-mismatch", "the nonce does not commit to this job, payer, settle_by and network");
        }

        return escrow.IsAgreed(intent, command.SettleBy, command.Signature) ? null : new("signature-invalid", "the payer's key did not sign this");
    }

    /// <summary>Null: the amount can be taken. A transaction that the payer signed needs no allowance.</summary>
    /// <param name="funds">In HYPER; a deposit may be in another mint, and the chain itself says whether its transfer can be made.</param>
    public static IntentRefusal? CheckFunds(VerifyIntent command, PayerFunds funds)
    {
        if (command.Signature.Deposit is not null)
        {
            return null;
        }

        var amount = command.Intent.Amount;
        if (funds.Balance < amount)
        {
            return new("balance-too-small", $"the wallet holds {funds.Balance} HYPER, the job may cost {amount}");
        }

        if (command.Signature.Blockhash is not null)
        {
            return null;
        }

        if (funds.Allowance == HyperAmount.Zero)
        {
            return new("allowance-missing", "the wallet has not approved its allowance");
        }

        return funds.Allowance < amount
            ? new("allowance-too-small", $"the wallet allows {funds.Allowance} HYPER, the job may cost {amount}")
            : null;
    }
}

using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;

namespace Hypernode.Client;

/// <summary>
/// What a careful wallet checks before it signs: that the text is the one for *its* payment, and that the nonce commits to
/// *its* job on the chain that it knows, so that a server can't have another job or amount signed.
/// </summary>
public static class IntentCheck
{
    private static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan MaxLife = TimeSpan.FromHours(24);
    private static readonly TimeSpan MaxSettleAhead = TimeSpan.FromDays(7);

    /// <param name="chain">As read from the chain itself or from settings, not from the server.</param>
    /// <returns>The intent whose text may be signed.</returns>
    /// <exception cref="NotSignedException">Names what is wrong. Nothing may be signed.</exception>
    public static PaymentIntent Check(
        PreparedIntent prepared, WalletAddress payer, HyperAmount amount, JobSpec job, Deployment chain, DateTimeOffset now)
    {
        var body = prepared.PaymentIntent;
        Demand(body.Client == payer.ToString(), "another wallet shall pay");
        Demand(HyperAmount.TryParseHyper(body.Amount, out var asked) && asked == amount, $"the amount is {body.Amount} HYPER instead of {amount}");
        Demand(prepared.Deployment.Program == chain.Program.ToString(), "another program than the one we know would hold the money");
        Demand(prepared.Deployment.Mint == chain.Mint.ToString(), "it would be paid in another mint");
        Demand(prepared.Deployment.Cluster == chain.Cluster.ToString(), "it is for another cluster");
        Demand(prepared.SpecHash == job.Hash().ToString(), "the job was changed on its way");
        Demand(IntentId.TryParse(body.IntentId, null, out var intentId), "the intent id is no UUID");
        Demand(JobId.TryParse(body.JobId, null, out var jobId), "the job id is none");
        Demand(Hash256.TryParse(body.Nonce, null, out var nonce), "the nonce is no 32 bytes of hex");
        Demand(Hash256.TryParse(prepared.Reveal.Salt, null, out var salt), "the salt is no 32 bytes of hex");
        CheckTimes(body, prepared.Reveal.SettleBy, now);
        Demand(
            nonce == IntentNonce.Compute(chain, payer, job.Hash(), prepared.Reveal.SettleBy, salt),
            "the nonce does not commit to this job, payer and chain");

        var intent = new PaymentIntent(intentId, payer, amount, jobId, body.Timestamp, body.ExpiresAt, nonce);
        Demand(intent.ToSigningText() == prepared.Text, "the text to sign is not the text of this intent");
        return intent;
    }

    private static void CheckTimes(IntentBody body, long settleBy, DateTimeOffset now)
    {
        var nowMs = now.ToUnixTimeMilliseconds();
        Demand(Math.Abs(body.Timestamp - nowMs) <= MaxSkew.TotalMilliseconds, "its timestamp is not now");
        Demand(body.ExpiresAt > nowMs && body.ExpiresAt - body.Timestamp <= MaxLife.TotalMilliseconds, "it does not expire within 24 hours");
        Demand(settleBy * 1000 >= body.ExpiresAt, "it would be settled before it expires");
        Demand(settleBy <= now.Add(MaxSettleAhead).ToUnixTimeSeconds(), "the money could be held for more than 7 days");
    }

    private static void Demand(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new NotSignedException(otherwise);
        }
    }
}

/// <summary>The API asked for a signature under something else than was asked of it. Nothing was signed.</summary>
public sealed class NotSignedException(string reason) : Exception($"not signed: {reason}");

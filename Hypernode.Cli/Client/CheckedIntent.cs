using Hypernode.Cli.Chain;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Solana;

namespace Hypernode.Cli.Client;

/// <summary>A prepared intent that may be signed: everything that the API said of it was held against the job and the chain.</summary>
internal static class CheckedIntent
{
    /// <exception cref="RefusedException">The API does not want such a job.</exception>
    /// <exception cref="NotSignedException">What it answered is not what was asked for: nothing may be signed.</exception>
    /// <exception cref="CliException">The transaction that it answered is not what was asked for.</exception>
    public static async Task<(PreparedIntent Prepared, PaymentIntent Intent)> PrepareAsync(
        ApiClient api, ChainView chain, PublicKey payer, HyperAmount amount, JobSpec job, Funding funding, TimeProvider time, CancellationToken cancellationToken)
    {
        var prepared = await api.PrepareAsync(payer, amount, job, cancellationToken, funding);
        var deployment = await chain.DeploymentAsync(cancellationToken);
        var intent = IntentCheck.Check(prepared, WalletAddress.FromBytes(payer.AsSpan()), amount, job, deployment, time.GetUtcNow());
        if (funding == Funding.Transaction)
        {
            var config = await chain.ConfigAsync(cancellationToken);
            TransactionCheck.Check(prepared.Transaction, intent, prepared.Reveal.SettleBy, deployment, config.Facilitator);
        }

        return (prepared, intent);
    }
}

using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;

namespace Hypernode.Client;

/// <summary>From a job to a signed payment.</summary>
public sealed partial class HypernodeClient
{
    private const string PrepareRoute = "/api/facilitator/prepare-intent";
    private const string SubmitRoute = "/api/facilitator/submit-job";

    /// <summary>
    /// Prepares a payment, checks it, has the wallet sign it, and submits it. The API takes the same submission twice for once, so it
    /// is sent again while its answer is lost; when the last try ends without one, ask for <c>JobId</c> before you submit another.
    /// </summary>
    /// <param name="amount">The most that the job may cost; what is not used comes back.</param>
    /// <param name="deployment">Where the money may go: from the chain or from settings, never from the API.</param>
    /// <exception cref="NotSignedException">The API prepared something else than was asked for.</exception>
    /// <exception cref="SubmissionUnknownException">It is not known whether the job was taken.</exception>
    public async Task<SubmittedJob> SubmitAsync(
        IWalletSigner wallet,
        HyperAmount amount,
        JobSpec job,
        Deployment deployment,
        Funding funding = Funding.Intent,
        string? idempotencyKey = null,
        CancellationToken cancellationToken = default)
    {
        var prepared = await PrepareAsync(wallet.Address, amount, job, funding, cancellationToken: cancellationToken);
        var intent = IntentCheck.Check(prepared, wallet.Address, amount, job, deployment, _transport.Time.GetUtcNow());
        var agreement = await AgreeAsync(wallet, prepared, intent, funding, cancellationToken);
        try
        {
            return await SubmitAsync(prepared, job, agreement, idempotencyKey, cancellationToken);
        }
        catch (Exception e) when (Transport.IsPassing(e) || e is OperationCanceledException or RefusedException { Status: >= 500 })
        {
            throw new SubmissionUnknownException(intent.JobId, e);
        }
    }

    /// <summary>What a job would be signed for. Nothing is stored; hold it against your own job (<see cref="IntentCheck"/>) before you sign it.</summary>
    /// <param name="lifetime">How long it may be locked; null: as long as the API has it.</param>
    public Task<PreparedIntent> PrepareAsync(
        WalletAddress payer, HyperAmount amount, JobSpec job, Funding funding = Funding.Intent, TimeSpan? lifetime = null, CancellationToken cancellationToken = default) =>
        PostAsync<PreparedIntent>(
            PrepareRoute,
            new
            {
                client = payer.ToString(),
                amount = amount.ToString(),
                job = JobBody.Of(job),
                lifetimeSeconds = (long?)lifetime?.TotalSeconds,
                funding = funding.ToString().ToLowerInvariant(),
            },
            mayRepeat: true,
            cancellationToken);

    /// <param name="idempotencyKey">Null: none is needed, the same submission has the same answer anyway.</param>
    /// <exception cref="RefusedException">402 and what is wrong, for one.</exception>
    public Task<SubmittedJob> SubmitAsync(
        PreparedIntent prepared, JobSpec job, Agreement agreement, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        PostAsync<SubmittedJob>(
            SubmitRoute,
            new
            {
                paymentIntent = prepared.PaymentIntent,
                signature = agreement.Signature,
                transaction = agreement.Transaction,
                publicKey = prepared.PaymentIntent.Client,
                job = JobBody.Of(job),
                reveal = prepared.Reveal,
            },
            mayRepeat: true,
            cancellationToken,
            idempotencyKey);

    /// <summary>Signs what was asked for, whatever else the API has sent along: only that was checked.</summary>
    /// <param name="intent">As <see cref="IntentCheck"/> gave it.</param>
    /// <exception cref="NotSignedException">A transaction was asked for, and there is none.</exception>
    public static async Task<Agreement> AgreeAsync(
        IWalletSigner wallet, PreparedIntent prepared, PaymentIntent intent, Funding funding, CancellationToken cancellationToken = default)
    {
        if (funding == Funding.Intent)
        {
            return new Agreement(Signature: await SignTextAsync(wallet, intent.ToSigningText(), cancellationToken));
        }

        var transaction = Convert.FromBase64String((prepared.Transaction ?? throw new NotSignedException("the API prepared no transaction")).Base64);
        return new Agreement(Transaction: Convert.ToBase64String(await wallet.SignTransactionAsync(transaction, intent, prepared.Reveal.SettleBy, cancellationToken)));
    }
}

/// <summary>It was signed and sent, and nobody knows whether it arrived: ask for the job before you submit another, which would be a second payment.</summary>
public sealed class SubmissionUnknownException(JobId jobId, Exception cause) : Exception($"it is not known whether {jobId} was accepted: {cause.Message}", cause)
{
    public JobId JobId { get; } = jobId;
}

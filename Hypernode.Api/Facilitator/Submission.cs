using System.Text;
using Hypernode.Api.Http;
using Hypernode.Api.Reading;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Microsoft.AspNetCore.Http;

namespace Hypernode.Api.Facilitator;

/// <summary>A submit-job body that was read whole and well-formed. Each method is one check of protocol A8 to A10.</summary>
/// <param name="Signature">Null: nothing was signed, or the transaction that was sent is not the one for this intent, signed by its payer.</param>
/// <param name="IsUnsigned">Neither a signature nor a transaction was sent: it is paid for by x402, or not at all.</param>
internal sealed record Submission(
    PaymentIntent Intent,
    PayerSignature? Signature,
    WalletAddress PublicKey,
    JobSpec Spec,
    Hash256 Salt,
    long SettleBy,
    bool IsUnsigned = false)
{
    public static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan MaxLife = TimeSpan.FromHours(24);
    public static readonly TimeSpan MaxSettleAhead = TimeSpan.FromDays(7);

    /// <summary>Notes in the body's errors what is missing or malformed, and throws them.</summary>
    /// <exception cref="RefusedException">400.</exception>
    public static Submission Read(JsonFields body, IReadOnlyList<string> allowedImages, IEscrow escrow)
    {
        var intent = IntentFields.ReadIntent(body.Object("paymentIntent"));
        var (signature, transaction) = IntentFields.ReadAgreement(body);
        var key = body.Parsed<WalletAddress>("publicKey", IntentFields.AddressForm);
        var spec = JobFields.Read(body.Object("job"), allowedImages);
        var reveal = IntentFields.ReadReveal(body.Object("reveal"));
        body.Close();
        body.Errors.ThrowIfAny();
        return new Submission(
            intent!,
            signature is not null ? new PayerSignature(signature)
                : transaction is not null ? escrow.ReadTransaction(intent!, reveal!.Value.SettleBy, transaction)
                : null,
            key!.Value,
            spec!,
            reveal!.Value.Salt,
            reveal.Value.SettleBy,
            IsUnsigned: signature is null && transaction is null);
    }

    /// <summary>
    /// The intent's own times (A8): made at most five minutes ahead of our clock, living at most 24 hours, not expired.
    /// Times out of bounds are wrong fields (400), not a lack of payment: no payment can mend them.
    /// </summary>
    public void CheckTimes(DateTimeOffset now, bool allowExpired, FieldErrors errors)
    {
        var nowMs = now.ToUnixTimeMilliseconds();
        if (Intent.Timestamp > nowMs + (long)MaxSkew.TotalMilliseconds)
        {
            errors.Add("/paymentIntent/timestamp", "in-the-future", "is more than 5 minutes ahead of our clock");
        }

        if (Intent.ExpiresAt <= Intent.Timestamp)
        {
            errors.Add("/paymentIntent/expiresAt", "out-of-range", "must be after the timestamp");
        }
        else if (Intent.ExpiresAt - Intent.Timestamp > (long)MaxLife.TotalMilliseconds)
        {
            errors.Add("/paymentIntent/expiresAt", "out-of-range", "must be at most 24 hours after the timestamp");
        }
        else if (Intent.ExpiresAt <= nowMs && !allowExpired)
        {
            errors.Add("/paymentIntent/expiresAt", "expired", "has passed: make a new intent");
        }
    }

    /// <summary>Checked before anything is written, so that a stranger can't burn a nonce (A6, A7, A9).</summary>
    /// <exception cref="RefusedException">402 with what to do next.</exception>
    public void CheckAuthority(IEscrow escrow)
    {
        CheckCommitment(escrow);
        FieldError? error = null;
        if (Signature is not { } signature)
        {
            error = new("/transaction", "wrong-transaction", "is not, to the byte, the one that the prepare route made for this intent, or the client has not signed it");
        }
        else if (!escrow.IsAgreed(Intent, SettleBy, signature))
        {
            error = new("/signature", "wrong-signature", "is not the client's over the intent's text");
        }

        Require(error, escrow);
    }

    /// <summary>The intent is of this very job and of who sends it.</summary>
    /// <exception cref="RefusedException">402 with what to do next.</exception>
    public void CheckCommitment(IEscrow escrow) => Require(
        PublicKey != Intent.Client
            ? new("/publicKey", "not-the-payer", "must be the intent's client")
            : Commitment(escrow) != Intent.Nonce
                ? new("/paymentIntent/nonce", "wrong-commitment", "does not commit to this network, payer, job, settleBy and salt")
                : null,
        escrow);

    /// <summary>How to agree to this job by a signature.</summary>
    public PaymentAdvice Advice(IEscrow escrow) => new(
        "Ask the prepare route for an intent of this job, check it, sign its text (or its transaction) with the paying wallet, submit again.",
        FacilitatorRoutes.PrepareIntent,
        escrow.Deployment.Network,
        escrow.Deployment.Program.ToString(),
        escrow.Deployment.Mint.ToString(),
        Intent.ToSigningText(),
        Commitment(escrow).ToString());

    private Hash256 Commitment(IEscrow escrow) => IntentNonce.Compute(escrow.Deployment, Intent.Client, Spec.Hash(), SettleBy, Salt);

    private void Require(FieldError? error, IEscrow escrow)
    {
        if (error is not null)
        {
            throw new RefusedException(new Problem(
                "payment-required",
                StatusCodes.Status402PaymentRequired,
                $"{error.Pointer}: {error.Detail}",
                [error],
                Advice(escrow)));
        }
    }

    /// <summary>settle_by leaves room for every attempt, and does not tie up the money for more than a week (B7).</summary>
    public void CheckSettleBy(WorkflowWindows windows, DateTimeOffset now, FieldErrors errors)
    {
        var least = windows.SettleBy(Intent.ExpiresAt, Spec.RunLimit());
        if (SettleBy < least)
        {
            errors.Add("/reveal/settleBy", "too-early", $"must be at least {least}: the intent's expiry, finding a node, every attempt, and judging it");
        }
        else if (SettleBy > now.Add(MaxSettleAhead).ToUnixTimeSeconds())
        {
            errors.Add("/reveal/settleBy", "too-late", "must be at most 7 days ahead");
        }
    }

    /// <summary>Every input is here, with the length that the job says.</summary>
    public async Task CheckInputsAsync(IBlobStore blobs, FieldErrors errors, CancellationToken cancellationToken)
    {
        for (var i = 0; i < (Spec.Inputs?.Count ?? 0); i++)
        {
            var input = Spec.Inputs![i];
            await using var content = await blobs.OpenAsync(input.Sha256, cancellationToken);
            if (content is null)
            {
                errors.Add($"/job/inputs/{i}/sha256", "unknown-blob", "no such file here: upload it first");
            }
            else if (content.Length != input.Bytes)
            {
                errors.Add($"/job/inputs/{i}/bytes", "wrong-length", $"the file has {content.Length} bytes");
            }
        }
    }

    /// <summary>Every node that the job names is one of ours. Which of them are up is for matching to find out.</summary>
    public async Task CheckNodesAsync(INodeDirectory nodes, FieldErrors errors, CancellationToken cancellationToken)
    {
        for (var i = 0; i < (Spec.Nodes?.Count ?? 0); i++)
        {
            if (await nodes.FindAsync(Spec.Nodes![i], cancellationToken) is null)
            {
                errors.Add($"/job/nodes/{i}", "unknown-node", "no such node");
            }
        }
    }

    /// <summary>True when the stored job came from this very submission.</summary>
    public bool IsSameAs(JobView? stored) => stored is not null && stored.IntentSignature == Signature && IsSameJobAs(stored);

    /// <summary>An x402 deposit's address commits to the intent's id: through this also to the job.</summary>
    public bool IntentIsOfItsNonce => Intent.IntentId == IntentId.Of(Intent.Nonce);

    /// <summary>True when the stored job is this one, however it was paid for.</summary>
    public bool IsSameJobAs(JobView stored) =>
        stored.Intent == Intent
        && stored.SpecHash == Spec.Hash()
        && stored.Salt == Salt
        && stored.SettleBy == SettleBy;

    /// <param name="paidBy">How the payer agreed, where it is not what this says.</param>
    public JobSubmission ToJobSubmission(DateTimeOffset at, PayerSignature? paidBy = null) =>
        new(Intent, paidBy ?? Signature!.Value, Spec, Spec.Hash(), SettleBy, Salt, at);
}

using Hypernode.Api.Facilitator;
using Hypernode.Api.Http;
using Hypernode.Api.Reading;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.X402;

/// <summary>
/// A submission that nobody has signed: it is paid for by x402, or told how to be. The order is form, times, commitment,
/// deadline, inputs, and only then money: nobody is asked to pay for what would be refused. Before the job is stored nothing is
/// sent and nothing is made; afterwards its payment's fate is the saga's to know, and never asked for a second time.
/// </summary>
internal sealed class PaidSubmission(
    IEscrow escrow,
    IDeposits deposits,
    IJobReader jobs,
    IJobIntake intake,
    IBlobStore blobs,
    INodeDirectory nodes,
    Pricing pricing,
    Offers offers,
    AccountOpenings openings,
    SettlementWait settlement,
    TimeProvider time,
    IntentCounters counters,
    IOptions<WorkflowWindows> windows)
{
    private const int RetrySeconds = 5;

    public async Task<IResult> HandleAsync(HttpRequest request, Submission submission, FieldErrors errors, CancellationToken cancellationToken)
    {
        var sent = X402Headers.Read(request);
        if (await jobs.FindAsync(submission.Intent.JobId, cancellationToken) is { } stored && submission.IsSameJobAs(stored))
        {
            counters.Count("repeated");
            return await settlement.AnswerAsync(stored.Id, sent, cancellationToken);
        }

        var now = time.GetUtcNow();
        submission.CheckTimes(now, allowExpired: false, errors);
        errors.ThrowIfAny();
        submission.CheckCommitment(escrow);
        submission.CheckSettleBy(windows.Value, now, errors);
        await submission.CheckInputsAsync(blobs, errors, cancellationToken);
        await submission.CheckNodesAsync(nodes, errors, cancellationToken);
        errors.ThrowIfAny();

        var quotes = submission.IntentIsOfItsNonce ? pricing.Quote(submission.Intent, submission.SettleBy) : [];
        if (sent is null)
        {
            counters.Count("unpaid");
            var opened = await openings.OpenAsync(request, submission, quotes, cancellationToken);
            return offers.Of(request, submission, quotes, $"{X402Headers.PaymentV2} or {X402Headers.PaymentV1} is required") with { HasOpened = opened > 0 };
        }

        var (quote, check) = await CheckAsync(sent, quotes, cancellationToken);
        if (check.Refusal is { } refusal)
        {
            counters.Count("refused");
            return offers.Of(request, submission, quotes, refusal, check.Detail);
        }

        return await AcceptAsync(submission, sent, quote!, check.Signature!, now, cancellationToken);
    }

    private async Task<(Quote? Quote, TransferCheck Check)> CheckAsync(SentPayment sent, IReadOnlyList<Quote> quotes, CancellationToken cancellationToken)
    {
        if (offers.Refuse(sent) is { } wrong)
        {
            return (null, new TransferCheck(wrong));
        }

        // A v2 client says which offer it takes; of a v1 client's the transfer alone tells.
        var quote = sent.Accepted is { } accepted
            ? quotes.FirstOrDefault(q => Offers.IsOf(q, accepted))
            : quotes.FirstOrDefault(q => deposits.Judge(q.Terms, sent.Transaction).Refusal is null) ?? (quotes.Count == 0 ? null : quotes[^1]);
        if (quote is null)
        {
            return (null, new TransferCheck("invalid_payment_requirements", "none of the offers that this intent has"));
        }

        try
        {
            return (quote, await deposits.CheckAsync(quote.Terms, sent.Transaction, cancellationToken));
        }
        catch (IOException)
        {
            // Nothing was learnt of the payment: it is not refused, and not to be made again.
            throw new RefusedException(new Problem(
                "chain-unavailable",
                StatusCodes.Status503ServiceUnavailable,
                "the chain can't be asked now; nothing was taken: send the same payment again",
                RetryAfterSeconds: RetrySeconds));
        }
    }

    private async Task<IResult> AcceptAsync(
        Submission submission, SentPayment sent, Quote quote, string signature, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var payment = new DepositPayment(quote.Asset, quote.Amount, Convert.ToBase64String(sent.Transaction));
        var job = submission.ToJobSubmission(now, new PayerSignature(signature, Deposit: payment)) with
        {
            Mint = quote.Asset == escrow.Deployment.Mint ? null : quote.Asset,
        };
        var result = await intake.SubmitAsync(job, cancellationToken);
        counters.Count(result switch
        {
            IntakeResult.Accepted => "accepted",
            IntakeResult.Repeated => "repeated",
            _ => "conflict",
        });
        return result is IntakeResult.Accepted or IntakeResult.Repeated
            ? await settlement.AnswerAsync(submission.Intent.JobId, sent, cancellationToken)
            : SubmitJob.Refused(result);
    }
}

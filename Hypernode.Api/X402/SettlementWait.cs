using Hypernode.Api.Facilitator;
using Hypernode.Api.Http;
using Hypernode.Api.Jobs;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.X402;

/// <summary>
/// Answers for a job that was accepted: its payment has settled, or is pending, or can't happen any more. It only watches: the
/// saga's worker settles, and goes on when nobody waits here.
/// </summary>
internal sealed class SettlementWait(IJobReader jobs, IDeposits deposits, TimeProvider time, IOptions<ApiOptions> api, IOptions<X402Options> options)
{
    private const string Pending = "settlement_pending";
    private const string Failed = "invalid_exact_svm_transaction_failed";

    private static readonly HashSet<string> Unsettled = new(StringComparer.Ordinal)
    {
        JobStateNames.Initial, JobStateNames.Submitted, JobStateNames.IntentVerified, JobStateNames.EscrowPending,
    };

    /// <param name="sent">Null: the request carried no payment, so it is told nothing of one.</param>
    public async Task<IResult> AnswerAsync(JobId id, SentPayment? sent, CancellationToken cancellationToken)
    {
        var job = await WaitAsync(id, cancellationToken);
        var said = sent is null ? null : await ToldAsync(job, sent, cancellationToken);
        if (job.State == JobStateNames.Rejected)
        {
            return new PaymentRequired(
                $"this intent's payment did not happen ({job.Outcome}) and can't any more: ask the prepare route for a new one", 1, job.Outcome ?? Failed, [])
            {
                Settlement = said,
            };
        }

        return new AcceptedAnswer(SubmitJobAnswer.Of(job.Id), said);
    }

    private async Task<JobView> WaitAsync(JobId id, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var job = await jobs.FindAsync(id, cancellationToken) ?? throw new InvalidOperationException("the job is gone");
            if (!Unsettled.Contains(job.State) || time.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(options.Value.SettleWaitMilliseconds))
            {
                return job;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(api.Value.FollowMilliseconds), time, cancellationToken);
        }
    }

    private async Task<(string Header, SettlementAnswer Answer)?> ToldAsync(JobView job, SentPayment sent, CancellationToken cancellationToken)
    {
        var network = sent.Version == 1 ? options.Value.NetworkV1 : options.Value.Network;
        if (job.IntentSignature.Deposit is not { } deposit)
        {
            return null; // paid by a signature: a transfer that comes as well is not used
        }

        var error = job.State == JobStateNames.Rejected ? Failed : Unsettled.Contains(job.State) ? Pending : null;
        // Our signature makes a transfer one that can be sent: it is told when that has been done, and not before.
        var transaction = error is null ? await IdOfAsync(deposit.Transaction, cancellationToken) : "";
        return (sent.ResponseHeader, new SettlementAnswer(error is null, transaction, network, job.Owner.ToString(), error));
    }

    private async Task<string> IdOfAsync(string transaction, CancellationToken cancellationToken)
    {
        try
        {
            return await deposits.TransactionIdAsync(Convert.FromBase64String(transaction), cancellationToken);
        }
        catch (IOException)
        {
            return ""; // it has settled all the same
        }
    }

    /// <summary>202, with the job's address and what became of its payment.</summary>
    private sealed record AcceptedAnswer(SubmitJobAnswer Body, (string Header, SettlementAnswer Answer)? Settlement) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.Location = Body.Links.Job;
            if (Settlement is { } settlement)
            {
                httpContext.Response.Headers[settlement.Header] = X402Headers.Encode(settlement.Answer);
            }

            return ApiJson.Answer(Body, StatusCodes.Status202Accepted).ExecuteAsync(httpContext);
        }
    }
}

using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Hypernode.Api.Stats;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hypernode.Api.Facilitator;

/// <summary>What the chain publishes of payments anyway; nothing of the job but its id.</summary>
internal static class PaymentIntentEndpoints
{
    public static void MapPaymentIntents(this IEndpointRouteBuilder app)
    {
        app.MapGet("/payment-intent/{id}", FindAsync)
            .AnswersTagged<PaymentIntentAnswer>()
            .Refuses(404)
            .WithSummary("A payment intent, with what the chain says of it.");
        app.MapGet("/stats", StatsAsync)
            .AnswersTagged<FacilitatorStats>()
            .WithSummary("Intents by status, and the sums of what was charged and refunded.");
    }

    private static async Task<IResult> FindAsync(string id, IJobReader jobs, IEscrow escrow, CancellationToken cancellationToken)
    {
        var job = IntentId.TryParse(id, null, out var intentId) ? await jobs.FindByIntentAsync(intentId, cancellationToken) : null;
        if (job is null)
        {
            return Problem.NotFound("payment intent");
        }

        var intent = job.Intent;
        return TaggedAnswer.Of(new PaymentIntentAnswer(
            intent.IntentId.ToString(),
            intent.JobId.ToString(),
            intent.Client.ToString(),
            intent.Amount.BaseUnits,
            intent.Amount.ToString(),
            JobStateNames.ToStatus(job.State),
            intent.Timestamp,
            intent.ExpiresAt,
            job.SettleBy,
            intent.Nonce.ToString(),
            await AskChainAsync(escrow, intentId, cancellationToken)));
    }

    private static async Task<OnChainPayment?> AskChainAsync(IEscrow escrow, IntentId id, CancellationToken cancellationToken)
    {
        try
        {
            return await escrow.FindAsync(id, cancellationToken) is { } found
                ? new OnChainPayment(
                    "found",
                    found.Status.ToString().ToLowerInvariant(),
                    found.Escrow.ToString(),
                    found.Amount.BaseUnits,
                    found.Charge.BaseUnits,
                    found.Attempt,
                    found.AssignedNode?.ToString(),
                    found.LastSignature,
                    found.Mint?.ToString())
                : new OnChainPayment("none");
        }
        catch (IOException)
        {
            return new OnChainPayment("unknown");
        }
    }

    private static async Task<IResult> StatsAsync(StatsSnapshot sums, IEscrow escrow, CancellationToken cancellationToken)
    {
        var jobs = (await sums.GetAsync().WaitAsync(cancellationToken)).Jobs;
        var byStatus = jobs.ByState
            .GroupBy(s => JobStateNames.ToStatus(s.Key))
            .ToDictionary(g => g.Key, g => g.Sum(s => s.Value), StringComparer.Ordinal);
        return TaggedAnswer.Of(new FacilitatorStats(DeploymentAnswer.Of(escrow.Deployment), jobs.Total, byStatus, jobs.Charged, jobs.Refunded));
    }
}

/// <param name="Amount">Base units.</param>
/// <param name="AmountHyper">The same in HYPER.</param>
/// <param name="Timestamp">ms since the epoch.</param>
/// <param name="ExpiresAt">ms since the epoch.</param>
/// <param name="SettleBy">Seconds since the epoch.</param>
public sealed record PaymentIntentAnswer(
    string IntentId,
    string JobId,
    string Client,
    ulong Amount,
    string AmountHyper,
    string Status,
    long Timestamp,
    long ExpiresAt,
    long SettleBy,
    string Nonce,
    OnChainPayment? OnChain);

/// <param name="Known"><c>found</c>, <c>none</c>, or <c>unknown</c> while the chain can't be asked.</param>
/// <param name="Status"><c>pending</c>, <c>completed</c> or <c>refunded</c>.</param>
/// <param name="Mint">What amount and charge are base units of.</param>
public sealed record OnChainPayment(
    string Known,
    string? Status = null,
    string? Escrow = null,
    ulong? Amount = null,
    ulong? Charge = null,
    int? Attempt = null,
    string? AssignedNode = null,
    string? Signature = null,
    string? Mint = null);

/// <param name="Charged">Base units.</param>
/// <param name="Refunded">Base units.</param>
public sealed record FacilitatorStats(
    DeploymentAnswer Deployment,
    long Intents,
    IReadOnlyDictionary<string, long> ByStatus,
    ulong Charged,
    ulong Refunded);

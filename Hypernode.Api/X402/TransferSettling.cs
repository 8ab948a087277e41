using Hypernode.Api.Http;
using Hypernode.Api.Reading;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.X402;

/// <summary>
/// /verify and /settle. A transfer is noted before it is sent, and pays once: who shows it a second time is told so, on whichever
/// host, also after a crash in between. One whose outcome is not known stays noted, and may be asked for with the same request.
/// </summary>
internal sealed class TransferSettling(BodyReader reader, ITransferFacilitator transfers, ITransferLedger ledger, TimeProvider time, IOptions<X402Options> options)
{
    private const string Pending = "settlement_pending";
    private const int RetrySeconds = 5;

    public async Task<IResult> VerifyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var asked = FacilitatorFields.Read((await reader.ReadObjectAsync(request, cancellationToken)).Body);
        var verdict = await VerdictAsync(asked, cancellationToken);
        return ApiJson.Answer(new PaymentVerifyAnswer(verdict.Refusal is null, verdict.Refusal, verdict.Detail, verdict.Payer?.ToString()));
    }

    public async Task<IResult> SettleAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var asked = FacilitatorFields.Read((await reader.ReadObjectAsync(request, cancellationToken)).Body);
        if (Refuse(asked) is { } foreign)
        {
            return Answer(asked, foreign, "", "");
        }

        var judged = transfers.Judge(asked.Terms, asked.Transaction);
        var payer = judged.Payer?.ToString() ?? "";
        if (judged.Refusal is { } wrong)
        {
            return Answer(asked, wrong, "", payer);
        }

        // One that may have been sent is asked for; only a new one is worth the chain's checks, which the first would fail by now.
        var state = await ledger.FindAsync(judged.Transfer, cancellationToken);
        if (state == TransferState.New && (await VerdictAsync(asked, cancellationToken)).Refusal is { } refused)
        {
            return Answer(asked, refused, "", payer);
        }

        if (state is TransferState.Settled or TransferState.Failed || !await ledger.BeginAsync(judged.Transfer, time.GetUtcNow(), cancellationToken))
        {
            return Answer(asked, "duplicate_settlement", "", payer);
        }

        var outcome = await transfers.SettleAsync(asked.Terms, asked.Transaction, cancellationToken);
        if (outcome.Happened is not { } happened)
        {
            return Answer(asked, Pending, outcome.Transaction, payer);
        }

        // Of two that waited for the same transfer, one is told of it.
        var isFirst = await ledger.EndAsync(judged.Transfer, happened, time.GetUtcNow(), cancellationToken);
        return Answer(asked, !happened ? "invalid_exact_svm_transaction_failed" : isFirst ? null : "duplicate_settlement", outcome.Transaction, payer);
    }

    private async Task<TransferVerdict> VerdictAsync(FacilitatorFields asked, CancellationToken cancellationToken)
    {
        if (Refuse(asked) is { } refusal)
        {
            return new TransferVerdict(refusal);
        }

        try
        {
            return await transfers.VerifyAsync(asked.Terms, asked.Transaction, cancellationToken);
        }
        catch (IOException)
        {
            throw new RefusedException(new Problem(
                "chain-unavailable", StatusCodes.Status503ServiceUnavailable, "the chain can't be asked now: ask again", RetryAfterSeconds: RetrySeconds));
        }
    }

    /// <summary>What is not ours to settle: another scheme or network, another fee payer, a wallet that we do not serve.</summary>
    private string? Refuse(FacilitatorFields asked)
    {
        var settings = options.Value;
        var network = asked.Version == 1 ? settings.NetworkV1 : settings.Network;
        if (asked.Scheme != Offers.Exact || asked.PayloadScheme != Offers.Exact)
        {
            return "unsupported_scheme";
        }

        if (asked.Network != network || asked.PayloadNetwork != network)
        {
            return "invalid_exact_svm_network_mismatch";
        }

        if (asked.FeePayer != transfers.FeePayer.ToString())
        {
            return "invalid_exact_svm_fee_payer_not_managed_by_facilitator";
        }

        return settings.FacilitatorPayTo.Contains(asked.Terms.PayTo.ToString()) ? null : "invalid_payment_requirements_pay_to_not_served";
    }

    private static IResult Answer(FacilitatorFields asked, string? error, string transaction, string payer) =>
        ApiJson.Answer(new SettlementAnswer(error is null, transaction, asked.Network, payer, error));
}

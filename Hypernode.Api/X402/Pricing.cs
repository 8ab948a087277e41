using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.X402;

/// <summary>One way to pay for one intent.</summary>
/// <param name="PayTo">The address that commits to the terms.</param>
internal sealed record Quote(string Symbol, DepositTerms Terms, WalletAddress PayTo)
{
    public WalletAddress Asset => Terms.Mint;

    /// <summary>Base units of the asset.</summary>
    public HyperAmount Amount => Terms.Amount;
}

/// <summary>What an intent costs in each mint that the chain takes and we have a price for. It stores nothing: the same intent has the same quotes.</summary>
internal sealed class Pricing(IDeposits deposits, IEscrow escrow, IOptions<X402Options> options)
{
    public IReadOnlyList<Quote> Quote(PaymentIntent intent, long settleBy)
    {
        var usdc = WalletAddress.Parse(options.Value.UsdcMint);
        var quotes = new List<Quote>();
        if (deposits.Mints.Contains(escrow.Deployment.Mint))
        {
            quotes.Add(Of("HYPER", escrow.Deployment.Mint, intent.Amount, intent, settleBy));
        }

        if (usdc != escrow.Deployment.Mint && deposits.Mints.Contains(usdc) && Convert(intent.Amount, options.Value.UsdcPerHyper) is { } price)
        {
            quotes.Add(Of("USDC", usdc, price, intent, settleBy));
        }

        return quotes;
    }

    /// <summary>⌈amount × price / 10⁶⌉; null: more than a column holds.</summary>
    /// <param name="pricePerHyper">Base units of the other mint for one HYPER.</param>
    internal static HyperAmount? Convert(HyperAmount amount, long pricePerHyper)
    {
        var units = (((UInt128)amount.BaseUnits * (ulong)pricePerHyper) + HyperAmount.UnitsPerHyper - 1) / HyperAmount.UnitsPerHyper; // 128 bits: no product of two u64 overflows
        return units > HyperAmount.MaxBaseUnits ? null : new HyperAmount((ulong)units);
    }

    private Quote Of(string symbol, WalletAddress mint, HyperAmount amount, PaymentIntent intent, long settleBy)
    {
        var terms = new DepositTerms(mint, intent.IntentId, intent.JobId, intent.Client, amount, settleBy);
        return new Quote(symbol, terms, deposits.AddressOf(terms));
    }
}

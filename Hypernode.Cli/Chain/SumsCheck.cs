using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;

namespace Hypernode.Cli.Chain;

/// <summary>What the platform says that it did with a payment, in base units.</summary>
/// <param name="NodeId">Who was paid; null when nobody was.</param>
public sealed record ClaimedSums(
    string State, string? NodeId, ulong Amount, ulong Charge, ulong NodeShare, ulong ProtocolFee, ulong PlatformFee, ulong Refund);

/// <summary>What the run could have cost: the price and the longest time that the job's own history allows.</summary>
public sealed record RunBound(ulong RatePerSecond, TimeSpan Longest);

/// <summary>What the client knows by itself: what it signed, and whose wallets its nodes earn for.</summary>
/// <param name="Authorities">By node id.</param>
public sealed record Ours(PublicKey Payer, ulong Amount, IReadOnlyDictionary<string, PublicKey> Authorities);

/// <summary>Holds what the platform says against what the chain holds, to the base unit.</summary>
public static class SumsCheck
{
    /// <param name="payment">The account on chain; null: there is none.</param>
    /// <param name="bound">Null: nothing was to be charged.</param>
    /// <param name="ours">What must be true whatever the platform says.</param>
    /// <returns>What does not hold; empty when everything does.</returns>
    public static IReadOnlyList<string> Failures(
        ClaimedSums claimed, Balances before, Balances after, PaymentIntentAccount? payment, RunBound? bound, Ours ours)
    {
        var failures = new List<string>();
        void Equal(string what, Int128 expected, Int128 actual)
        {
            if (expected != actual)
            {
                failures.Add($"{what}: {actual} instead of {expected}");
            }
        }

        // A refused submission moved nothing.
        Equal("the amount", claimed.State == JobStateNames.Rejected ? 0 : ours.Amount, claimed.Amount);
        Equal("the charge's parts", claimed.Charge, (Int128)claimed.NodeShare + claimed.ProtocolFee + claimed.PlatformFee);
        Equal("charge and refund", claimed.Amount, (Int128)claimed.Charge + claimed.Refund);
        var split = FeeSplit.Of(new HyperAmount(claimed.Charge));
        Equal("the node's share", split.NodeShare.BaseUnits, claimed.NodeShare);
        Equal("the protocol's fee", split.ProtocolFee.BaseUnits, claimed.ProtocolFee);
        Equal("the platform's fee", split.PlatformFee.BaseUnits, claimed.PlatformFee);

        Equal("what left the payer", claimed.Charge, (Int128)before.Payer - after.Payer);
        Equal("what the protocol's vault got", claimed.ProtocolFee, (Int128)after.Protocol - before.Protocol);
        Equal("what the platform's vault got", claimed.PlatformFee, (Int128)after.Platform - before.Platform);
        Equal("what is left in escrow", 0, after.Escrow);
        foreach (var (node, held) in after.Nodes)
        {
            Equal($"what node {node} got", node == claimed.NodeId ? claimed.NodeShare : 0, (Int128)held - before.Nodes.GetValueOrDefault(node));
        }

        Equal("the sum of all balances", (Int128)before.Total, (Int128)after.Total);
        Equal("the mint's supply", before.Supply, after.Supply);
        CheckPayment(claimed, payment, ours, failures);
        CheckCharge(claimed, bound, failures);
        return failures;
    }

    private static void CheckPayment(ClaimedSums claimed, PaymentIntentAccount? payment, Ours ours, List<string> failures)
    {
        var expected = claimed.State switch
        {
            JobStateNames.Paid => PaymentStatus.Completed,
            JobStateNames.Refunded => PaymentStatus.Refunded,
            _ => (PaymentStatus?)null,
        };
        if (payment?.Status != expected)
        {
            failures.Add($"the payment on chain is {payment?.Status.ToString() ?? "not there"} instead of {expected?.ToString() ?? "not there"}");
        }
        else if (payment is not null && (payment.Amount != claimed.Amount || payment.Charge != claimed.Charge))
        {
            failures.Add($"the payment on chain says {payment.Charge} of {payment.Amount} instead of {claimed.Charge} of {claimed.Amount}");
        }

        if (payment is not null && payment.Payer != ours.Payer)
        {
            failures.Add($"the payment on chain is {payment.Payer}'s instead of ours");
        }

        // Who was assigned before a refund is of no interest: nobody was paid.
        if (payment is not null && claimed.State == JobStateNames.Paid
            && payment.AssignedNode != (claimed.NodeId is { } node ? ours.Authorities.GetValueOrDefault(node) : null))
        {
            failures.Add($"the payment on chain went to {payment.AssignedNode} instead of the authority of node {claimed.NodeId}");
        }
    }

    /// <summary>charge = min(amount, max(1, ⌈rate × deliveredMs / 1000⌉)); how much was delivered is bounded by the job's history.</summary>
    private static void CheckCharge(ClaimedSums claimed, RunBound? bound, List<string> failures)
    {
        var most = bound is null || claimed.State != JobStateNames.Paid
            ? 0
            : Metering.Charge(new HyperAmount(claimed.Amount), new HyperAmount(bound.RatePerSecond), bound.Longest, bound.Longest).BaseUnits;
        var least = claimed.State == JobStateNames.Paid ? 1UL : 0;
        if (claimed.Charge < least || claimed.Charge > most)
        {
            failures.Add($"the charge: {claimed.Charge} is not between {least} and {most}");
        }
    }
}

using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.Solana.Facilitator;

namespace Hypernode.Cli.Jobs.Runs;

/// <summary>
/// Whether a receipt is the one that the chain paid for. Its own signature says only that somebody's key signed it; the payment names
/// its hash, by the oracles' word. So an API can't hand on what no paid node has made.
/// </summary>
internal static class PaidReceipt
{
    /// <param name="payment">Null: the chain has none.</param>
    /// <returns>Null: it is, or its payment is so old that the chain may have let go of it.</returns>
    public static string? Problem(Receipt receipt, Signed signed, PaymentIntentAccount? payment, DateTimeOffset now) => payment switch
    {
        _ when receipt.JobId.ToString() != signed.JobId || receipt.IntentId.ToString() != signed.IntentId => $"the receipt is of {receipt.JobId}",
        null => now.ToUnixTimeSeconds() > signed.Prepared.Reveal.SettleBy ? null : "the API says that it was paid, and the chain has no such payment",
        { Status: not PaymentStatus.Completed } => $"the API says that it was paid, and the chain that the payment is {payment.Status}",
        _ when Hash256.FromBytes(payment.ExecutionHash) != receipt.Hash() => "the receipt is not the one that the chain paid for",
        _ => null,
    };
}

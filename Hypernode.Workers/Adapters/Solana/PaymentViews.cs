using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>Between the chain's types and the product's.</summary>
internal static class PaymentViews
{
    public static PublicKey ToKey(this WalletAddress address) => new(address.ToBytes());

    public static WalletAddress ToAddress(this PublicKey key) => WalletAddress.FromBytes(key.AsSpan());

    public static EscrowView ToView(this PaymentIntentAccount payment, FacilitatorProgram program, string? lastSignature) => new(
        new IntentId(payment.IntentId),
        new JobId(payment.JobId),
        payment.Payer.ToAddress(),
        program.EscrowAddress(payment.IntentId).ToAddress(),
        new HyperAmount(payment.Amount),
        payment.Status switch
        {
            PaymentStatus.Pending => EscrowStatus.Pending,
            PaymentStatus.Completed => EscrowStatus.Completed,
            PaymentStatus.Refunded => EscrowStatus.Refunded,
            _ => throw new FormatException($"No such payment status: {payment.Status}."),
        },
        checked((int)payment.Attempt),
        payment.AssignedNode?.ToAddress(),
        payment.SettleBy,
        new HyperAmount(payment.Charge),
        Hash256.FromBytes(payment.ExecutionHash),
        Hash256.FromBytes(payment.LogsHash),
        lastSignature,
        payment.Mint.ToAddress());
}

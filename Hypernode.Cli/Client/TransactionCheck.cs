using Hypernode.Contracts.Intents;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;

namespace Hypernode.Cli.Client;

/// <summary>The other half of <see cref="IntentCheck"/>, for what is signed on chain.</summary>
public static class TransactionCheck
{
    /// <summary>The transaction locks this payment and carries its text, and does nothing else.</summary>
    /// <param name="relayer">Config's facilitator, as read from the chain.</param>
    /// <exception cref="CliException">It does something else. It may not be signed.</exception>
    public static void Check(TransactionBody? prepared, PaymentIntent intent, long settleBy, Deployment chain, PublicKey relayer)
    {
        if (prepared is null)
        {
            throw new CliException("not signed: no transaction came");
        }

        var payment = new WalletPayment(
            new PaymentTerms(intent.IntentId.Value, intent.JobId.Value, intent.Amount.BaseUnits, intent.ExpiresAt / 1000, settleBy),
            intent.ToSigningText(),
            new PublicKey(intent.Client.ToBytes()),
            relayer,
            new PublicKey(chain.Mint.ToBytes()));
        Transaction? recognised = null;
        try
        {
            recognised = payment.Recognise(new FacilitatorProgram(new PublicKey(chain.Program.ToBytes())), Convert.FromBase64String(prepared.Base64));
        }
        catch (FormatException)
        {
            // said below
        }

        if (recognised is null)
        {
            throw new CliException("not signed: the transaction is not the one that locks this payment and nothing else");
        }
    }
}

using Hypernode.Contracts.Intents;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;
using Base58 = Hypernode.Solana.Base58;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>Intents as transactions for the payer's wallet. The relayer signs only when the job is accepted: until then they are of no use to anybody.</summary>
internal sealed class WalletTransactions(FacilitatorProgram program, PublicKey relayer, PublicKey mint)
{
    private const int MillisecondsPerSecond = 1_000;

    /// <summary>Unsigned, for the wallet.</summary>
    public byte[] Prepare(PaymentIntent intent, long settleBy, string blockhash) =>
        new Transaction(PaymentOf(intent, settleBy).ToMessage(program, new PublicKey(blockhash))).Serialize();

    public IReadOnlyList<TransactionInstruction> InstructionsOf(PaymentIntent intent, long settleBy) => PaymentOf(intent, settleBy).Instructions(program);

    /// <summary>Null: other bytes than <see cref="Prepare"/> makes, or not signed by the payer.</summary>
    public PayerSignature? Read(PaymentIntent intent, long settleBy, ReadOnlySpan<byte> signed)
    {
        try
        {
            var payer = intent.Client.ToKey();
            return PaymentOf(intent, settleBy).Recognise(program, signed) is { } transaction
                && transaction.SignatureOf(payer) is { } signature
                && payer.Verify(transaction.MessageBytes.Span, signature)
                    ? new PayerSignature(Base58.Encode(signature), transaction.Message.RecentBlockhash.Key)
                    : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    public bool IsSigned(PaymentIntent intent, long settleBy, PayerSignature signature) =>
        Base58.TryDecode(signature.Value, out var bytes) && bytes.Length == Ed25519.SignatureLength
        && Base58.TryDecode(signature.Blockhash!, out var blockhash) && blockhash.Length == Ed25519.PublicKeyLength
        && intent.Client.ToKey().Verify(PaymentOf(intent, settleBy).ToMessage(program, new PublicKey(blockhash)).Serialize(), bytes);

    private WalletPayment PaymentOf(PaymentIntent intent, long settleBy) => new(
        new PaymentTerms(intent.IntentId.Value, intent.JobId.Value, intent.Amount.BaseUnits, intent.ExpiresAt / MillisecondsPerSecond, settleBy),
        intent.ToSigningText(),
        intent.Client.ToKey(),
        relayer,
        mint);
}

/// <summary>A signature that a wallet has given already; whether it fits is checked where it is put in.</summary>
internal sealed class GivenSignature(PublicKey key, byte[] signature) : ISigner
{
    public PublicKey PublicKey => key;

    public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation = default) => ValueTask.FromResult(signature);
}

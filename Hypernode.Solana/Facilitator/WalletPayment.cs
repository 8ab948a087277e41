namespace Hypernode.Solana.Facilitator;

/// <summary>
/// The transaction that a payer's wallet signs to lock a payment: the same bytes for the same terms, text and blockhash, so
/// server and client build it alike and compare. Its memo is the intent's text, whose nonce commits to the job.
/// </summary>
/// <param name="Text">the intent's, signed for as a memo</param>
/// <param name="Relayer">Config's facilitator: pays fee and rent, and signs last</param>
public sealed record WalletPayment(PaymentTerms Terms, string Text, PublicKey Payer, PublicKey Relayer, PublicKey Mint)
{
    // Written in by us, because wallets add their own where they find none.
    private const uint ComputeUnits = 200_000;
    private const ulong MicroLamports = 1_000;

    public IReadOnlyList<TransactionInstruction> Instructions(FacilitatorProgram program) =>
    [
        ComputeBudgetProgram.SetComputeUnitLimit(ComputeUnits),
        ComputeBudgetProgram.SetComputeUnitPrice(MicroLamports),
        MemoProgram.NewMemo(Text, Payer),
        program.AuthorizePayment(Terms, Payer, Relayer, Mint),
    ];

    public Message ToMessage(FacilitatorProgram program, PublicKey blockhash) => new TransactionBuilder()
        .SetFeePayer(Relayer)
        .SetRecentBlockHash(blockhash.Key)
        .AddInstructions(Instructions(program))
        .CompileMessage();

    /// <summary>This payment's transaction, whatever its signatures; null: another one.</summary>
    /// <exception cref="FormatException">no transaction at all</exception>
    public Transaction? Recognise(FacilitatorProgram program, ReadOnlySpan<byte> transaction)
    {
        var read = Transaction.Deserialize(transaction);
        return read.MessageBytes.Span.SequenceEqual(ToMessage(program, read.Message.RecentBlockhash).Serialize()) ? read : null;
    }
}

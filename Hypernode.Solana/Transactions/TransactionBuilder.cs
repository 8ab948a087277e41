namespace Hypernode.Solana;

/// <summary>Collects what a transaction needs; <see cref="Build"/> compiles and signs it.</summary>
public sealed class TransactionBuilder
{
    private readonly List<TransactionInstruction> instructions = [];
    private PublicKey? feePayer;
    private PublicKey? recentBlockhash;
    private IReadOnlyList<AddressLookupTable>? tables;

    public TransactionBuilder SetFeePayer(PublicKey account)
    {
        feePayer = account;
        return this;
    }

    /// <param name="blockhash">base58, from <see cref="IRpcClient.GetLatestBlockHashAsync"/></param>
    public TransactionBuilder SetRecentBlockHash(string blockhash)
    {
        recentBlockhash = new PublicKey(blockhash);
        return this;
    }

    public TransactionBuilder AddInstruction(TransactionInstruction instruction)
    {
        instructions.Add(instruction);
        return this;
    }

    public TransactionBuilder AddInstructions(IEnumerable<TransactionInstruction> more)
    {
        instructions.AddRange(more);
        return this;
    }

    /// <summary>Builds a v0 transaction instead of a legacy one.</summary>
    /// <param name="lookupTables">accounts that are in one of them take one byte each</param>
    public TransactionBuilder UseVersion0(params IReadOnlyList<AddressLookupTable> lookupTables)
    {
        tables = lookupTables;
        return this;
    }

    public Message CompileMessage()
    {
        if (feePayer is null || recentBlockhash is null || instructions.Count == 0)
        {
            throw new InvalidOperationException("A transaction needs a fee payer, a recent blockhash and an instruction.");
        }

        return tables is null
            ? Message.Compile(feePayer, recentBlockhash, instructions)
            : Message.CompileV0(feePayer, recentBlockhash, instructions, tables);
    }

    /// <summary>Signed by all its signers.</summary>
    /// <exception cref="InvalidOperationException">a signer is missing, or it would be over 1,232 bytes</exception>
    public Transaction Build(params IEnumerable<Account> signers) => RequireComplete(BuildPartiallySigned(signers));

    /// <summary>Signed by all its signers, of whom some may be elsewhere.</summary>
    /// <exception cref="InvalidOperationException">a signer is missing, or it would be over 1,232 bytes</exception>
    /// <exception cref="IOException">a signer can't be reached, or refuses</exception>
    public async Task<Transaction> BuildAsync(IEnumerable<ISigner> signers, CancellationToken cancellation = default)
    {
        // Too large is found out before anybody is asked to sign.
        var transaction = BuildPartiallySigned();
        return RequireComplete(await transaction.PartialSignAsync(signers, cancellation));
    }

    private static Transaction RequireComplete(Transaction transaction)
    {
        var missing = transaction.MissingSigners;
        return missing.Count == 0
            ? transaction
            : throw new InvalidOperationException($"Not signed by {string.Join(", ", missing)}.");
    }

    /// <summary>Signed by those given; a wallet may add its own later.</summary>
    public Transaction BuildPartiallySigned(params IEnumerable<Account> signers)
    {
        var transaction = new Transaction(CompileMessage()).PartialSign(signers);
        // Too large fails here, where the instructions are known, not at the node.
        _ = transaction.Serialize();
        return transaction;
    }
}

namespace Hypernode.Solana;

/// <summary>Collects what a transaction needs; <see cref="Build"/> compiles and signs it.</summary>
public sealed class TransactionBuilder
{
    private readonly List<TransactionInstruction> instructions = [];
    private PublicKey? feePayer;
    private PublicKey? recentBlockhash;

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

    public Message CompileMessage()
    {
        if (feePayer is null || recentBlockhash is null || instructions.Count == 0)
        {
            throw new InvalidOperationException("A transaction needs a fee payer, a recent blockhash and an instruction.");
        }

        return Message.Compile(feePayer, recentBlockhash, instructions);
    }

    /// <summary>Signed by all its signers.</summary>
    /// <exception cref="InvalidOperationException">a signer is missing, or it would be over 1,232 bytes</exception>
    public Transaction Build(params IEnumerable<Account> signers)
    {
        var transaction = BuildPartiallySigned(signers);
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

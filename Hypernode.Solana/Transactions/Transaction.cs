namespace Hypernode.Solana;

/// <summary>A transaction, legacy or v0: a message, and one signature slot for each of its signers.</summary>
public sealed class Transaction
{
    /// <summary>What fits into one packet; nodes drop anything larger.</summary>
    public const int MaxSize = 1_232;

    private static readonly byte[] NoSignature = new byte[Ed25519.SignatureLength];

    private readonly byte[][] signatures;
    private readonly byte[] messageBytes;

    public Transaction(Message message)
        : this(message, message.Serialize(), [.. message.Signers.Select(_ => NoSignature)])
    {
    }

    private Transaction(Message message, byte[] messageBytes, byte[][] signatures)
    {
        Message = message;
        this.messageBytes = messageBytes;
        this.signatures = signatures;
    }

    public Message Message { get; }

    /// <summary>What each signer signs.</summary>
    public ReadOnlyMemory<byte> MessageBytes => messageBytes;

    /// <summary>The transaction's id: the fee payer's signature in base58. Known before anything is sent.</summary>
    public string Signature => signatures[0] == NoSignature
        ? throw new InvalidOperationException("The fee payer has not signed yet.")
        : Base58.Encode(signatures[0]);

    public IReadOnlyList<PublicKey> MissingSigners =>
        [.. Message.Signers.Where((_, i) => signatures[i].AsSpan().SequenceEqual(NoSignature))];

    /// <summary>64 bytes; null: it has not signed, or is no signer of this.</summary>
    public byte[]? SignatureOf(PublicKey signer)
    {
        var slot = Message.Signers.ToList().IndexOf(signer);
        return slot < 0 || signatures[slot].AsSpan().SequenceEqual(NoSignature) ? null : [.. signatures[slot]];
    }

    /// <summary>Signs as one of several; the others may follow elsewhere.</summary>
    public Transaction PartialSign(params IEnumerable<Account> signers)
    {
        foreach (var signer in signers)
        {
            signatures[SlotOf(signer.PublicKey)] = signer.Sign(messageBytes);
        }

        return this;
    }

    /// <summary>As <see cref="PartialSign"/>, by signers that may be elsewhere; what those answer is verified.</summary>
    /// <exception cref="ArgumentException">a signer that the transaction does not name, or that signed something else</exception>
    /// <exception cref="IOException">a signer can't be reached, or refuses</exception>
    public async Task<Transaction> PartialSignAsync(IEnumerable<ISigner> signers, CancellationToken cancellation = default)
    {
        foreach (var signer in signers)
        {
            if (signer is Account here)
            {
                PartialSign(here);
            }
            else
            {
                AddSignature(signer.PublicKey, await signer.SignAsync(messageBytes, cancellation));
            }
        }

        return this;
    }

    /// <summary>Takes a signature that a wallet made elsewhere.</summary>
    /// <exception cref="ArgumentException">not that key's signature of this message</exception>
    public Transaction AddSignature(PublicKey signer, ReadOnlySpan<byte> signature)
    {
        var slot = SlotOf(signer);
        if (!signer.Verify(messageBytes, signature))
        {
            throw new ArgumentException($"Not a signature of {signer} over this transaction.", nameof(signature));
        }

        signatures[slot] = signature.ToArray();
        return this;
    }

    public bool VerifySignatures() =>
        Message.Signers.Select((key, i) => key.Verify(messageBytes, signatures[i])).All(valid => valid);

    /// <exception cref="InvalidOperationException">over 1,232 bytes</exception>
    public byte[] Serialize()
    {
        List<byte> bytes = [];
        CompactU16.Write(bytes, signatures.Length);
        foreach (var signature in signatures)
        {
            bytes.AddRange(signature);
        }

        bytes.AddRange(messageBytes);
        return bytes.Count <= MaxSize
            ? [.. bytes]
            : throw new InvalidOperationException($"This transaction has {bytes.Count} bytes; the network carries at most {MaxSize}.");
    }

    /// <exception cref="FormatException">not exactly one well-formed transaction, legacy or v0</exception>
    public static Transaction Deserialize(ReadOnlySpan<byte> bytes)
    {
        var read = new byte[CompactU16.Read(ref bytes)][];
        for (var i = 0; i < read.Length; i++)
        {
            var signature = Message.Take(ref bytes, Ed25519.SignatureLength);
            read[i] = signature.SequenceEqual(NoSignature) ? NoSignature : signature.ToArray();
        }

        var message = Message.Deserialize(bytes);
        return message.Header.RequiredSignatures == read.Length
            ? new Transaction(message, bytes.ToArray(), read)
            : throw new FormatException("A transaction with another number of signatures than it says.");
    }

    private int SlotOf(PublicKey signer)
    {
        var slot = Message.Signers.ToList().IndexOf(signer);
        return slot >= 0 ? slot : throw new ArgumentException($"{signer} is no signer of this transaction.", nameof(signer));
    }
}

namespace Hypernode.Solana;

/// <summary>
/// The precompile that verifies Ed25519 signatures; a program reads from the instructions sysvar what was verified.
/// Every offset points into this same instruction (index 0xFFFF): one that led elsewhere could cover unseen bytes.
/// </summary>
public static class Ed25519Program
{
    private const int HeaderSize = 2;
    private const int EntrySize = 14;
    private const ushort ThisInstruction = 0xffff;

    public static PublicKey ProgramIdKey { get; } = new("Ed25519SigVerify111111111111111111111111111");

    /// <summary>One signature over a text.</summary>
    public static TransactionInstruction Verify(PublicKey signer, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> message) =>
        Verify([(signer, signature.ToArray())], message);

    /// <summary>Several signatures that share one copy of the message: every entry has the same pointer and length.</summary>
    public static TransactionInstruction Verify(
        IReadOnlyList<(PublicKey Signer, byte[] Signature)> signatures, ReadOnlySpan<byte> message)
    {
        // The precompile itself accepts zero signatures, which prove nothing.
        ArgumentOutOfRangeException.ThrowIfZero(signatures.Count);
        var start = HeaderSize + EntrySize * signatures.Count;
        const int each = PublicKey.Length + Ed25519.SignatureLength;
        var messageAt = checked((ushort)(start + each * signatures.Count));
        var data = new WireWriter().U8(checked((byte)signatures.Count)).U8(0);
        for (var i = 0; i < signatures.Count; i++)
        {
            var keyAt = (ushort)(start + each * i);
            data.U16((ushort)(keyAt + PublicKey.Length)).U16(ThisInstruction)
                .U16(keyAt).U16(ThisInstruction)
                .U16(messageAt).U16(checked((ushort)message.Length)).U16(ThisInstruction);
        }

        foreach (var (signer, signature) in signatures)
        {
            data.Key(signer).Fixed(signature, Ed25519.SignatureLength, "An Ed25519 signature");
        }

        return new TransactionInstruction(ProgramIdKey, [], data.Bytes(message).ToArray());
    }
}

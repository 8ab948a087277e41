namespace Hypernode.Solana;

/// <summary>
/// Who signs for a key: this process, or a service or device that never shows it. What comes back is checked where it is
/// used, so a signer is trusted with its key and with nothing else.
/// </summary>
public interface ISigner
{
    PublicKey PublicKey { get; }

    /// <returns>64 bytes: the Ed25519 signature of the message</returns>
    /// <exception cref="IOException">the signer can't be reached, or refuses</exception>
    ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation = default);
}

using System.Security.Cryptography;

namespace Hypernode.Solana;

/// <summary>Why an envelope can't be opened.</summary>
public enum EnvelopeFault
{
    /// <summary>It does not begin like one, or is of a later version.</summary>
    NotAnEnvelope,

    /// <summary>It was not sealed to this key.</summary>
    NotARecipient,

    /// <summary>It was cut off, changed or put together anew. What came out of it so far is its beginning, and no more.</summary>
    Damaged,
}

/// <summary>The envelope can't be opened; its text says why, and nothing of what is in it.</summary>
public sealed class EnvelopeException(EnvelopeFault fault, string message) : Exception(message)
{
    public EnvelopeFault Fault { get; } = fault;
}

/// <summary>
/// Files that only their recipients can read, version 1 (docs/encryption.md). A recipient is an Ed25519 key that is there already: a
/// node's, a wallet's. Both directions are streams, read as they are needed, in memory that does not grow with the file.
/// </summary>
public static class Envelope
{
    public const int MaxRecipients = 64;

    /// <summary>Of plaintext in each sealed chunk.</summary>
    public const int ChunkBytes = 64 * 1024;

    internal const int TagBytes = 16;
    internal const int KeyBytes = 32;
    internal const int SaltBytes = 16;
    internal const int MacBytes = 32;
    internal const int StanzaBytes = KeyExchange.KeyLength + KeyBytes + TagBytes;

    internal static ReadOnlySpan<byte> Magic => "HYPERNODE-SEAL-1"u8;

    /// <summary>How long the envelope of so many bytes is.</summary>
    public static long LengthOf(long plainBytes, int recipients) =>
        checked(HeaderBytes(recipients) + plainBytes + TagBytes * Math.Max(1, (plainBytes + ChunkBytes - 1) / ChunkBytes));

    /// <summary>The envelope of a file: read it, and the file is read on the way.</summary>
    /// <param name="recipients">1 to 64; each can open it with its own key</param>
    /// <exception cref="ArgumentException">no recipients or too many, or one that is no key that somebody can have</exception>
    public static Stream Seal(Stream plaintext, IReadOnlyList<PublicKey> recipients) => Seal(plaintext, recipients, RandomNumberGenerator.GetBytes);

    /// <param name="random">so many unpredictable bytes</param>
    internal static Stream Seal(Stream plaintext, IReadOnlyList<PublicKey> recipients, Func<int, byte[]> random)
    {
        ArgumentNullException.ThrowIfNull(plaintext);
        ArgumentNullException.ThrowIfNull(recipients);
        var (header, payloadKey) = EnvelopeHeader.Write(recipients, random);
        return new SealingStream(plaintext, header, payloadKey);
    }

    /// <summary>
    /// The file in an envelope: each piece of it is checked before it is given out. A file that was cut off throws where it was cut:
    /// keep nothing of it unless its end was reached.
    /// </summary>
    /// <returns>a stream that throws <see cref="EnvelopeException"/> when it is read</returns>
    public static Stream Open(Stream envelope, Account key)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        ArgumentNullException.ThrowIfNull(key);
        return new OpeningStream(envelope, key);
    }

    /// <summary>Can anybody open what is sealed to this key?</summary>
    public static bool CanReceive(PublicKey key) => KeyExchange.PublicOf(key) is not null;

    internal static int HeaderBytes(int recipients) => Magic.Length + 1 + recipients * StanzaBytes + MacBytes + SaltBytes;

    internal static byte[] Derive(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> purpose)
    {
        var key = new byte[KeyBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, key, salt, purpose);
        return key;
    }

    /// <summary>12 bytes: the chunk's number, big-endian, and whether it is the last.</summary>
    internal static void WriteNonce(Span<byte> nonce, ulong chunk, bool last)
    {
        nonce.Clear();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(nonce[3..], chunk);
        nonce[11] = last ? (byte)1 : (byte)0;
    }
}

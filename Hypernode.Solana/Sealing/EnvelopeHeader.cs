using System.Security.Cryptography;

namespace Hypernode.Solana;

/// <summary>
/// Magic, number of recipients, one stanza each, a MAC over all of that, and the payload's salt. A stanza is a fresh X25519 share and
/// the file's key, wrapped under what share and recipient agree on. The MAC ties the header to one file key: nobody can make an
/// envelope that opens to one thing for one recipient and to another for the next.
/// </summary>
internal static class EnvelopeHeader
{
    private static ReadOnlySpan<byte> WrapPurpose => "HYPERNODE/seal/v1/wrap"u8;

    private static ReadOnlySpan<byte> HeaderPurpose => "HYPERNODE/seal/v1/header"u8;

    private static ReadOnlySpan<byte> PayloadPurpose => "HYPERNODE/seal/v1/payload"u8;

    // Each wrapping key is used once.
    private static ReadOnlySpan<byte> WrapNonce => new byte[12];

    /// <returns>the header, and the key of the payload</returns>
    public static (byte[] Header, byte[] PayloadKey) Write(IReadOnlyList<PublicKey> recipients, Func<int, byte[]> random)
    {
        if (recipients.Count is < 1 or > Envelope.MaxRecipients)
        {
            throw new ArgumentException($"An envelope has 1 to {Envelope.MaxRecipients} recipients, not {recipients.Count}.", nameof(recipients));
        }

        var fileKey = random(Envelope.KeyBytes);
        try
        {
            byte[] signed = [.. Envelope.Magic, (byte)recipients.Count, .. recipients.SelectMany(r => Stanza(r, fileKey, random))];
            var salt = random(Envelope.SaltBytes);
            return ([.. signed, .. MacOf(fileKey, signed), .. salt], Envelope.Derive(fileKey, salt, PayloadPurpose));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(fileKey);
        }
    }

    /// <returns>the key of the payload</returns>
    /// <exception cref="EnvelopeException">it can't be opened with this key</exception>
    public static async ValueTask<byte[]> ReadAsync(Stream envelope, Account key, CancellationToken cancellationToken)
    {
        var start = new byte[Envelope.Magic.Length + 1];
        var read = await envelope.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read < start.Length || !start.AsSpan(0, Envelope.Magic.Length).SequenceEqual(Envelope.Magic))
        {
            throw new EnvelopeException(EnvelopeFault.NotAnEnvelope, "this is no envelope, or one of a version that is not known here");
        }

        var count = start[^1];
        if (count is < 1 or > Envelope.MaxRecipients)
        {
            throw new EnvelopeException(EnvelopeFault.Damaged, "the envelope's header is damaged");
        }

        var rest = new byte[Envelope.HeaderBytes(count) - start.Length];
        if (await envelope.ReadAtLeastAsync(rest, rest.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) < rest.Length)
        {
            throw new EnvelopeException(EnvelopeFault.Damaged, "the envelope ends within its header");
        }

        return PayloadKey([.. start, .. rest], count, key);
    }

    private static byte[] PayloadKey(byte[] header, int count, Account key)
    {
        var signed = header.AsSpan(0, header.Length - Envelope.MacBytes - Envelope.SaltBytes);
        var fileKey = Unwrap(signed[(Envelope.Magic.Length + 1)..], count, key)
            ?? throw new EnvelopeException(EnvelopeFault.NotARecipient, $"the envelope is not sealed to {key.PublicKey}");
        try
        {
            if (!CryptographicOperations.FixedTimeEquals(MacOf(fileKey, signed), header.AsSpan(signed.Length, Envelope.MacBytes)))
            {
                throw new EnvelopeException(EnvelopeFault.Damaged, "the envelope's header is damaged");
            }

            return Envelope.Derive(fileKey, header.AsSpan(header.Length - Envelope.SaltBytes), PayloadPurpose);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(fileKey);
        }
    }

    private static byte[] Stanza(PublicKey recipient, byte[] fileKey, Func<int, byte[]> random)
    {
        var theirs = KeyExchange.PublicOf(recipient) ?? throw new ArgumentException($"Nobody has the secret key of {recipient}: it can't be a recipient.", nameof(recipient));
        var secret = random(KeyExchange.KeyLength);
        var share = KeyExchange.PublicFrom(secret);
        var agreed = KeyExchange.Agree(secret, theirs) ?? throw new ArgumentException($"{recipient} can't be a recipient.", nameof(recipient));
        var wrapping = WrappingKey(agreed, share, theirs);
        try
        {
            var stanza = new byte[Envelope.StanzaBytes];
            share.CopyTo(stanza, 0);
            using var cipher = new ChaCha20Poly1305(wrapping);
            cipher.Encrypt(WrapNonce, fileKey, stanza.AsSpan(share.Length, Envelope.KeyBytes), stanza.AsSpan(share.Length + Envelope.KeyBytes));
            return stanza;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(agreed);
            CryptographicOperations.ZeroMemory(wrapping);
        }
    }

    private static byte[]? Unwrap(ReadOnlySpan<byte> stanzas, int count, Account key)
    {
        var secret = key.ExportExchangeKey();
        try
        {
            var ours = KeyExchange.PublicFrom(secret);
            for (var i = 0; i < count; i++)
            {
                if (Unwrap(stanzas.Slice(i * Envelope.StanzaBytes, Envelope.StanzaBytes), secret, ours) is { } fileKey)
                {
                    return fileKey;
                }
            }

            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private static byte[]? Unwrap(ReadOnlySpan<byte> stanza, byte[] secret, byte[] ours)
    {
        var share = stanza[..KeyExchange.KeyLength];
        if (KeyExchange.Agree(secret, share) is not { } agreed)
        {
            return null;
        }

        var wrapping = WrappingKey(agreed, share, ours);
        var fileKey = new byte[Envelope.KeyBytes];
        try
        {
            using var cipher = new ChaCha20Poly1305(wrapping);
            cipher.Decrypt(WrapNonce, stanza.Slice(share.Length, Envelope.KeyBytes), stanza[(share.Length + Envelope.KeyBytes)..], fileKey);
            return fileKey;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null; // another recipient's
        }
        finally
        {
            CryptographicOperations.ZeroMemory(agreed);
            CryptographicOperations.ZeroMemory(wrapping);
        }
    }

    private static byte[] WrappingKey(ReadOnlySpan<byte> agreed, ReadOnlySpan<byte> share, ReadOnlySpan<byte> recipient) =>
        Envelope.Derive(agreed, [.. share, .. recipient], WrapPurpose);

    private static byte[] MacOf(byte[] fileKey, ReadOnlySpan<byte> signed) => HMACSHA256.HashData(Envelope.Derive(fileKey, [], HeaderPurpose), signed);
}

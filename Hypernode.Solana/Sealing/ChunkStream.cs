using System.Security.Cryptography;

namespace Hypernode.Solana;

/// <summary>A stream that is made piece by piece from another one while it is read.</summary>
internal abstract class ChunkStream : Stream
{
    private ReadOnlyMemory<byte> ready;
    private bool ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (ready.IsEmpty && !ended && !buffer.IsEmpty)
        {
            var next = await NextAsync(cancellationToken).ConfigureAwait(false);
            ended = next is null;
            ready = next ?? default;
        }

        var count = Math.Min(buffer.Length, ready.Length);
        ready.Span[..count].CopyTo(buffer.Span);
        ready = ready[count..];
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>The next piece, good until the next call; null: there is none.</summary>
    protected abstract ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellationToken);
}

/// <summary>
/// Cuts what it reads into chunks, and looks one byte ahead to know which is the last.
/// </summary>
/// <param name="size">bytes of each chunk but the last</param>
internal sealed class ChunkReader(Stream source, int size)
{
    private readonly byte[] buffer = new byte[size + 1];
    private int carried;

    /// <summary>The chunk, good until the next call. The last may be short or empty.</summary>
    public async ValueTask<(ReadOnlyMemory<byte> Chunk, bool Last)> NextAsync(CancellationToken cancellationToken)
    {
        if (carried > 0)
        {
            buffer[0] = buffer[size];
        }

        var have = carried + await source.ReadAtLeastAsync(buffer.AsMemory(carried), buffer.Length - carried, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        carried = have > size ? 1 : 0;
        return (buffer.AsMemory(0, Math.Min(have, size)), have <= size);
    }

    public void Clear() => CryptographicOperations.ZeroMemory(buffer);
}

/// <summary>Header, then chunks.</summary>
internal sealed class SealingStream(Stream plaintext, byte[] header, byte[] payloadKey) : ChunkStream
{
    private readonly ChunkReader chunks = new(plaintext, Envelope.ChunkBytes);
    private readonly ChaCha20Poly1305 cipher = new(payloadKey);
    private readonly byte[] output = new byte[Envelope.ChunkBytes + Envelope.TagBytes];
    private readonly byte[] nonce = new byte[12];
    private ulong number;
    private bool begun;
    private bool ended;

    protected override async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellationToken)
    {
        if (!begun)
        {
            begun = true;
            return header;
        }

        if (ended)
        {
            return null;
        }

        var (chunk, last) = await chunks.NextAsync(cancellationToken).ConfigureAwait(false);
        ended = last;
        Envelope.WriteNonce(nonce, number++, last);
        cipher.Encrypt(nonce, chunk.Span, output.AsSpan(0, chunk.Length), output.AsSpan(chunk.Length, Envelope.TagBytes));
        return output.AsMemory(0, chunk.Length + Envelope.TagBytes);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            cipher.Dispose();
            chunks.Clear();
            CryptographicOperations.ZeroMemory(payloadKey);
        }

        base.Dispose(disposing);
    }
}

/// <summary>Chunks, each checked with its number and whether it is the last, before it is given out.</summary>
internal sealed class OpeningStream(Stream envelope, Account key) : ChunkStream
{
    private readonly ChunkReader chunks = new(envelope, Envelope.ChunkBytes + Envelope.TagBytes);
    private readonly byte[] output = new byte[Envelope.ChunkBytes];
    private readonly byte[] nonce = new byte[12];
    private ChaCha20Poly1305? cipher;
    private ulong number;
    private bool ended;

    protected override async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellationToken)
    {
        if (ended)
        {
            return null;
        }

        if (cipher is null)
        {
            var payloadKey = await EnvelopeHeader.ReadAsync(envelope, key, cancellationToken).ConfigureAwait(false);
            cipher = new ChaCha20Poly1305(payloadKey);
            CryptographicOperations.ZeroMemory(payloadKey);
        }

        var (chunk, last) = await chunks.NextAsync(cancellationToken).ConfigureAwait(false);
        var length = chunk.Length - Envelope.TagBytes;
        if (length < 0 || length == 0 && number > 0)
        {
            throw Damaged(); // one form for each file: only an empty one has an empty chunk
        }

        Envelope.WriteNonce(nonce, number++, last);
        try
        {
            cipher.Decrypt(nonce, chunk.Span[..length], chunk.Span[length..], output.AsSpan(0, length));
        }
        catch (AuthenticationTagMismatchException)
        {
            throw Damaged();
        }

        ended = last;
        return output.AsMemory(0, length);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            cipher?.Dispose();
            CryptographicOperations.ZeroMemory(output);
        }

        base.Dispose(disposing);
    }

    private EnvelopeException Damaged() => new(EnvelopeFault.Damaged, $"the envelope is damaged or cut off at chunk {(number == 0 ? 0 : number - 1)}");
}

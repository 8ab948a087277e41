using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3.Model;
using Hypernode.Contracts.Text;

namespace Hypernode.Storage.Blobs;

/// <summary>
/// An object as a stream that can seek: each seek costs one request, and reading on costs none. One that is read from its beginning to
/// its end is held against its hash. A connection that breaks is taken up again where it broke.
/// </summary>
/// <param name="get">The object from a position on, if it is still the one with this tag; null: it is gone.</param>
internal sealed class S3ObjectStream(GetObjectResponse first, Hash256 sha256, Func<string, long, CancellationToken, Task<GetObjectResponse?>> get) : Stream
{
    private const int MaxBroken = 3;

    private readonly long _length = first.ContentLength;
    private readonly string _etag = first.ETag;
    private readonly IncrementalHash _sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private GetObjectResponse? _answer = first;
    private long _at; // where the answer's stream stands
    private long _position;
    private long _hashed;
    private int _broken;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => _length;

    public override long Position
    {
        get => _position;
        set => _position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    }

    /// <exception cref="IOException">The object is not what its name says, is gone, or can't be read on.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position >= _length || buffer.IsEmpty)
        {
            if (_length == 0 && !buffer.IsEmpty)
            {
                RequireHash();
            }

            return 0;
        }

        while (true)
        {
            try
            {
                return await ReadOnceAsync(buffer, cancellationToken);
            }
            catch (AmazonClientException e)
            {
                // The SDK holds a whole answer against its tag, and its length.
                throw new CorruptObjectException($"the object {sha256} is not what its name says, or was cut off", e);
            }
            catch (Exception e) when (e is IOException or HttpRequestException && e is not CorruptObjectException && !cancellationToken.IsCancellationRequested)
            {
                Forget();
                if (++_broken > MaxBroken)
                {
                    throw new IOException($"the object {sha256} can't be read on: its server breaks off again and again", e);
                }
            }
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => _position,
        _ => _length,
    };

    public override void Flush()
    {
        // nothing is ever written
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Forget();
            _sha.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<int> ReadOnceAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_answer is null || _at != _position)
        {
            Forget();
            _answer = await get(_etag, _position, cancellationToken) ?? throw new CorruptObjectException($"the object {sha256} is gone");
            _at = _position;
        }

        var read = await _answer.ResponseStream.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _length - _position)], cancellationToken);
        if (read == 0)
        {
            throw new IOException($"the object {sha256} ended before its length");
        }

        if (_hashed == _position)
        {
            _sha.AppendData(buffer.Span[..read]);
            _hashed += read;
        }

        if (_position + read == _length)
        {
            RequireHash(); // before its last bytes are given out
        }

        _position += read;
        _at += read;
        _broken = 0;
        return read;
    }

    /// <summary>Who has read all of it must not take it for the file when it is not.</summary>
    private void RequireHash()
    {
        if (_hashed == _length && Hash256.FromBytes(_sha.GetCurrentHash()) != sha256)
        {
            throw new CorruptObjectException($"the object {sha256} is not what its name says");
        }
    }

    private void Forget()
    {
        try
        {
            _answer?.Dispose();
        }
        catch (AmazonClientException)
        {
            // The SDK checks when it is closed, too: whoever has read to the end knows it already.
        }

        _answer = null;
    }

    private sealed class CorruptObjectException(string message, Exception? cause = null) : IOException(message, cause);
}

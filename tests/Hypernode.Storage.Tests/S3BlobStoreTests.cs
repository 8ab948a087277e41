using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Storage.Blobs;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

/// <summary>The promises of every store, on a real S3 server; and what is a bucket's own trouble.</summary>
[Trait("Needs", "s3rver")]
public sealed class S3BlobStoreTests(S3Server server) : BlobStoreTests, IClassFixture<S3Server>, IDisposable
{
    private readonly S3BlobStore _blobs = server.Store();

    private protected override IBlobStore Blobs => _blobs;

    private protected override IEnumerable<string> Kept =>
        [.. server.Objects(), .. Directory.Exists(Spool) ? Directory.EnumerateFiles(Spool) : []];

    private string Spool => Path.Combine(server.Folder, "spool");

    public void Dispose() => _blobs.Dispose();

    [Fact]
    public async Task A_server_that_is_down_is_told_of_and_nothing_is_taken()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        var nobody = $"http://127.0.0.1:{((IPEndPoint)socket.LocalEndpoint).Port}";
        socket.Stop();
        using var blobs = server.Store(url: nobody);

        await UnavailableAsync(blobs, "does not answer");
        Directory.EnumerateFiles(Spool).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wrong_key_is_told_of_and_never_shown()
    {
        using var blobs = server.Store(secret: "not-the-secret");

        var said = await UnavailableAsync(blobs, "refuses our key");
        said.ToString().ShouldNotContain("not-the-secret");
    }

    [Fact]
    public async Task A_bucket_that_is_not_there_is_no_missing_file()
    {
        using var blobs = server.Store(bucket: "nowhere");

        await UnavailableAsync(blobs, "no such bucket");
    }

    [Fact]
    public async Task A_changed_object_is_noticed_before_its_end_is_given_out()
    {
        var content = RandomNumberGenerator.GetBytes(200_000);
        var file = await PutOneAsync(content);
        await using (var bytes = new FileStream(file, FileMode.Open))
        {
            bytes.Position = 100_000;
            bytes.WriteByte((byte)(content[100_000] ^ 1));
        }

        (await Should.ThrowAsync<IOException>(ReadAsync(Hash256.Of(content)))).Message.ShouldContain("not what its name says");
    }

    [Fact]
    public async Task A_truncated_object_is_noticed()
    {
        var content = RandomNumberGenerator.GetBytes(200_000);
        var file = await PutOneAsync(content);
        await using (var bytes = new FileStream(file, FileMode.Open))
        {
            bytes.SetLength(100_000);
        }

        await Should.ThrowAsync<IOException>(ReadAsync(Hash256.Of(content)));
        (await PutAsync(content)).Bytes.ShouldBe(content.Length);
        (await ReadAsync(Hash256.Of(content))).ShouldBe(content, "and putting it again mends it");
    }

    /// <summary>In parts on the way in, piece by piece on the way out.</summary>
    [Fact]
    public async Task A_huge_object_takes_little_memory()
    {
        const int Length = 100 * 1024 * 1024;
        await using var big = new FileStream(Path.Combine(server.Folder, "big"), FileMode.Create);
        var piece = RandomNumberGenerator.GetBytes(1024 * 1024);
        for (var i = 0; i < Length / piece.Length; i++)
        {
            await big.WriteAsync(piece);
        }

        big.Position = 0;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var peak = 0L;
        var (sha256, bytes) = await _blobs.PutAsync(new Watched(big, Look), Length, None);
        bytes.ShouldBe(Length);
        await using var stream = (await _blobs.OpenAsync(sha256, None))!;
        Hash256.FromBytes(await SHA256.HashDataAsync(new Watched(stream, Look))).ShouldBe(sha256);
        peak.ShouldBeLessThan(32L << 20);

        void Look() => peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false) - before);
    }

    private async Task<string> PutOneAsync(byte[] content)
    {
        var before = server.Objects().ToList();
        await PutAsync(content);
        return server.Objects().Except(before).Single();
    }

    private static async Task<StorageUnavailableException> UnavailableAsync(S3BlobStore blobs, string reason)
    {
        (await Should.ThrowAsync<StorageUnavailableException>(() => blobs.OpenAsync(NewHash(), None))).Message.ShouldContain(reason);
        var health = await blobs.ProbeAsync(None);
        (health.Condition, health.Reason.Contains(reason, StringComparison.Ordinal)).ShouldBe((StorageCondition.Unreachable, true), health.Reason);
        return await Should.ThrowAsync<StorageUnavailableException>(() => blobs.PutAsync(new MemoryStream([1]), 10, None));
    }

    /// <summary>Looks at each read.</summary>
    private sealed class Watched(Stream inner, Action look) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            look();
            return inner.ReadAsync(buffer, cancellationToken);
        }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

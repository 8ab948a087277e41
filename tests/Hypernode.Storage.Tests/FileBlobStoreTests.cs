using System.Security.Cryptography;
using Hypernode.Contracts.Text;
using Hypernode.Storage.Blobs;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class FileBlobStoreTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("hypernode-blobs-").FullName;
    private readonly FileBlobStore _blobs;

    public FileBlobStoreTests() => _blobs = new FileBlobStore(_root);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(1_000_001)]
    public async Task What_was_put_is_read_back_under_its_hash(int length)
    {
        var content = RandomNumberGenerator.GetBytes(length);
        (await PutAsync(content)).ShouldBe((Hash256.Of(content), length));
        (await ReadAsync(Hash256.Of(content))).ShouldBe(content);
    }

    [Fact]
    public async Task The_stream_can_seek()
    {
        var (sha256, _) = await PutAsync([1, 2, 3]);
        await using var stream = (await _blobs.OpenAsync(sha256, None))!;
        stream.Position = 2;
        stream.ReadByte().ShouldBe(3);
    }

    [Fact]
    public async Task A_missing_blob_is_null() => (await _blobs.OpenAsync(NewHash(), None)).ShouldBeNull();

    [Fact]
    public async Task One_byte_too_many_is_refused_and_leaves_nothing()
    {
        var content = RandomNumberGenerator.GetBytes(100_000);
        await Should.ThrowAsync<InvalidDataException>(() => _blobs.PutAsync(new MemoryStream(content), 99_999, None));
        (await _blobs.OpenAsync(Hash256.Of(content), None)).ShouldBeNull();
        Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories).ShouldBeEmpty();
        (await _blobs.PutAsync(new MemoryStream(content), 100_000, None)).Bytes.ShouldBe(100_000);
    }

    [Fact]
    public async Task Equal_content_put_many_times_at_once_is_one_file()
    {
        var content = RandomNumberGenerator.GetBytes(300_000);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => PutAsync(content))));
        Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories).ShouldHaveSingleItem();
        (await ReadAsync(Hash256.Of(content))).ShouldBe(content);
    }

    [Fact]
    public async Task A_put_that_breaks_off_leaves_nothing()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => _blobs.PutAsync(new MemoryStream(new byte[10]), 100, cancelled.Token));
        Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    private Task<(Hash256 Sha256, long Bytes)> PutAsync(byte[] content) => _blobs.PutAsync(new MemoryStream(content), 10_000_000, None);

    private async Task<byte[]> ReadAsync(Hash256 sha256)
    {
        await using var stream = (await _blobs.OpenAsync(sha256, None))!;
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }
}

using System.Security.Cryptography;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Storage.Blobs;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

/// <summary>What every blob store promises.</summary>
public abstract class BlobStoreTests
{
    private protected abstract IBlobStore Blobs { get; }

    /// <summary>All files that the store keeps, whole or not, here or there.</summary>
    private protected abstract IEnumerable<string> Kept { get; }

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
        var content = RandomNumberGenerator.GetBytes(200_000);
        var (sha256, _) = await PutAsync(content);
        await using var stream = (await Blobs.OpenAsync(sha256, None))!;
        stream.Length.ShouldBe(content.Length);
        foreach (var at in (int[])[2, 150_000, 150_001, 0, 199_999])
        {
            stream.Position = at;
            stream.ReadByte().ShouldBe(content[at]);
        }

        stream.ReadByte().ShouldBe(-1);
        stream.Seek(-5, SeekOrigin.End);
        var rest = new byte[10];
        (await stream.ReadAtLeastAsync(rest, 10, throwOnEndOfStream: false)).ShouldBe(5);
        rest[..5].ShouldBe(content[^5..]);
    }

    [Fact]
    public async Task A_missing_blob_is_null() => (await Blobs.OpenAsync(NewHash(), None)).ShouldBeNull();

    [Fact]
    public async Task One_byte_too_many_is_refused_and_leaves_nothing()
    {
        var content = RandomNumberGenerator.GetBytes(100_000);
        var before = Kept.ToList();
        await Should.ThrowAsync<InvalidDataException>(() => Blobs.PutAsync(new MemoryStream(content), 99_999, None));
        (await Blobs.OpenAsync(Hash256.Of(content), None)).ShouldBeNull();
        Kept.ShouldBe(before, ignoreOrder: true);
        (await Blobs.PutAsync(new MemoryStream(content), 100_000, None)).Bytes.ShouldBe(100_000);
    }

    [Fact]
    public async Task Equal_content_put_many_times_at_once_is_one_file()
    {
        var content = RandomNumberGenerator.GetBytes(300_000);
        var before = Kept.ToList();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => PutAsync(content))));
        Kept.Except(before).ShouldHaveSingleItem();
        (await ReadAsync(Hash256.Of(content))).ShouldBe(content);
    }

    [Fact]
    public async Task A_put_that_breaks_off_leaves_nothing()
    {
        var before = Kept.ToList();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => Blobs.PutAsync(new MemoryStream(new byte[10]), 100, cancelled.Token));
        Kept.ShouldBe(before, ignoreOrder: true);
    }

    [Fact]
    public async Task A_store_that_is_there_says_so() => (await ((IBlobProbe)Blobs).ProbeAsync(None)).Reason.ShouldBe("");

    private protected Task<(Hash256 Sha256, long Bytes)> PutAsync(byte[] content) => Blobs.PutAsync(new MemoryStream(content), 10_000_000, None);

    private protected async Task<byte[]> ReadAsync(Hash256 sha256)
    {
        await using var stream = (await Blobs.OpenAsync(sha256, None))!;
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }
}

public sealed class FileBlobStoreTests : BlobStoreTests, IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("hypernode-blobs-").FullName;

    public FileBlobStoreTests() => Blobs = new FileBlobStore(_root);

    private protected override IBlobStore Blobs { get; }

    private protected override IEnumerable<string> Kept => Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_folder_that_can_not_be_written_to_is_told_of()
    {
        var file = Path.Combine(_root, "file");
        await File.WriteAllTextAsync(file, "");

        var health = await new FileBlobStore(Path.Combine(file, "blobs")).ProbeAsync(None);

        health.Condition.ShouldBe(StorageCondition.Unreachable);
        health.Reason.ShouldNotContain(_root);
    }
}

using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Hypernode.Solana.Tests.Sealing;

/// <summary>Sealed files: as another implementation makes them, opened by their recipients alone, and never a changed one.</summary>
public sealed class EnvelopeTests : IDisposable
{
    private static readonly JsonElement Vectors = JsonDocument.Parse(File.ReadAllText(RepositoryFiles.At("tests/vectors/envelopes.json"))).RootElement;

    private readonly Account _alice = Account.FromSeed([.. Enumerable.Repeat((byte)1, 32)]);
    private readonly Account _bob = Account.FromSeed([.. Enumerable.Repeat((byte)2, 32)]);
    private readonly Account _carol = Account.FromSeed([.. Enumerable.Repeat((byte)3, 32)]);

    public static TheoryData<int> Envelopes => [.. Enumerable.Range(0, Vectors.GetProperty("envelopes").GetArrayLength())];

    public void Dispose()
    {
        _alice.Dispose();
        _bob.Dispose();
        _carol.Dispose();
    }

    [Fact]
    public void A_signing_key_is_the_same_exchange_key_from_both_sides()
    {
        foreach (var key in Vectors.GetProperty("keys").EnumerateArray())
        {
            var seed = Convert.FromHexString(key.GetProperty("seed").GetString()!);
            using var account = Account.FromSeed(seed);
            Convert.ToHexStringLower(account.PublicKey.AsSpan()).ShouldBe(key.GetProperty("ed25519").GetString());
            Convert.ToHexStringLower(KeyExchange.PublicOf(account.PublicKey)!).ShouldBe(key.GetProperty("x25519").GetString());
            Convert.ToHexStringLower(KeyExchange.SecretOf(seed)).ShouldBe(key.GetProperty("x25519Secret").GetString());
            KeyExchange.PublicFrom(account.ExportExchangeKey()).ShouldBe(KeyExchange.PublicOf(account.PublicKey));
        }
    }

    [Theory]
    [MemberData(nameof(Envelopes))]
    public async Task Envelopes_are_those_of_the_other_implementation(int index)
    {
        var vector = Vectors.GetProperty("envelopes")[index];
        var plain = PlainOf(vector.GetProperty("plainBytes").GetInt32());
        var recipients = vector.GetProperty("recipients").EnumerateArray().Select(r => ((Account[])[_alice, _bob, _carol])[r.GetInt32()]).ToList();
        var (label, drawn) = (vector.GetProperty("random").GetString(), 0);

        var sealedFile = await AllAsync(Envelope.Seal(
            new MemoryStream(plain), [.. recipients.Select(r => r.PublicKey)], count => SHA256.HashData(Encoding.UTF8.GetBytes($"{label}/{drawn++}"))[..count]));

        Convert.ToHexStringLower(SHA256.HashData(sealedFile)).ShouldBe(vector.GetProperty("sha256").GetString());
        sealedFile.Length.ShouldBe(vector.GetProperty("bytes").GetInt32());
        Envelope.LengthOf(plain.Length, recipients.Count).ShouldBe(sealedFile.Length);
        foreach (var recipient in recipients)
        {
            (await OpenAsync(sealedFile, recipient)).ShouldBe(plain);
        }
    }

    [Fact]
    public async Task Only_recipients_open_it()
    {
        var sealedFile = await SealAsync(PlainOf(100), _alice, _bob);

        (await OpenAsync(sealedFile, _bob)).ShouldBe(PlainOf(100));
        (await RefusedAsync(sealedFile, _carol)).ShouldBe(EnvelopeFault.NotARecipient);
    }

    [Fact]
    public async Task The_same_file_is_never_sealed_alike()
    {
        var (one, other) = (await SealAsync(PlainOf(100), _alice), await SealAsync(PlainOf(100), _alice));

        one.ShouldNotBe(other);
        Convert.ToHexString(one).ShouldNotContain(Convert.ToHexString(PlainOf(16)));
    }

    /// <summary>Each byte of the header and some of each chunk, each with one bit turned.</summary>
    [Fact]
    public async Task A_changed_bit_anywhere_is_noticed()
    {
        var sealedFile = await SealAsync(PlainOf(Envelope.ChunkBytes + 100), _alice, _bob);
        var header = Envelope.HeaderBytes(2);
        foreach (var at in Enumerable.Range(0, header).Concat([header, header + 30_000, header + Envelope.ChunkBytes, header + Envelope.ChunkBytes + 16, sealedFile.Length - 1]))
        {
            var changed = sealedFile.ToArray();
            changed[at] ^= 0x40;
            (await RefusedAsync(changed, _alice)).ShouldBeOneOf(EnvelopeFault.Damaged, EnvelopeFault.NotARecipient, EnvelopeFault.NotAnEnvelope);
        }
    }

    [Fact]
    public async Task A_file_that_was_cut_off_anywhere_is_noticed()
    {
        var sealedFile = await SealAsync(PlainOf((2 * Envelope.ChunkBytes) + 100), _alice);
        var header = Envelope.HeaderBytes(1);
        const int Chunk = Envelope.ChunkBytes + Envelope.TagBytes;
        foreach (var length in (int[])[0, 1, 16, 17, header - 1, header, header + 1, header + 15, header + 16, header + Chunk - 1, header + Chunk, header + Chunk + 1, header + (2 * Chunk), sealedFile.Length - 1])
        {
            (await RefusedAsync(sealedFile[..length], _alice)).ShouldBeOneOf(length < 17 ? [EnvelopeFault.NotAnEnvelope] : [EnvelopeFault.Damaged]);
        }
    }

    [Fact]
    public async Task Chunks_that_were_swapped_doubled_dropped_or_added_are_noticed()
    {
        var sealedFile = await SealAsync(PlainOf(3 * Envelope.ChunkBytes), _alice);
        var header = sealedFile[..Envelope.HeaderBytes(1)];
        byte[][] chunks = [.. sealedFile[header.Length..].Chunk(Envelope.ChunkBytes + Envelope.TagBytes)];
        byte[][][] orders = [[chunks[1], chunks[0], chunks[2]], [chunks[0], chunks[0], chunks[2]], [chunks[0], chunks[2]], [chunks[0], chunks[1]], [.. chunks, chunks[2]], [.. chunks, []]];
        foreach (var order in orders[..^1])
        {
            (await RefusedAsync([.. header, .. order.SelectMany(c => c)], _alice)).ShouldBe(EnvelopeFault.Damaged);
        }

        (await RefusedAsync([.. sealedFile, 0], _alice)).ShouldBe(EnvelopeFault.Damaged);
        (await OpenAsync([.. header, .. orders[^1].SelectMany(c => c)], _alice)).ShouldBe(PlainOf(3 * Envelope.ChunkBytes));
    }

    [Fact]
    public async Task A_stanza_taken_from_another_envelope_opens_nothing()
    {
        var (one, other) = (await SealAsync(PlainOf(100), _alice), await SealAsync(PlainOf(100), _bob));
        byte[] mixed = [.. one[..16], 2, .. one[17..97], .. other[17..97], .. one[97..]];

        (await RefusedAsync(mixed, _alice)).ShouldBe(EnvelopeFault.Damaged);
        (await RefusedAsync(mixed, _bob)).ShouldBe(EnvelopeFault.Damaged);
    }

    [Fact]
    public async Task A_share_of_small_order_opens_nothing()
    {
        var sealedFile = await SealAsync(PlainOf(100), _alice);
        foreach (var share in (byte[][])[new byte[32], [1, .. new byte[31]], Convert.FromHexString("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")])
        {
            share.CopyTo(sealedFile, 17);
            (await RefusedAsync(sealedFile, _alice)).ShouldBe(EnvelopeFault.NotARecipient);
        }
    }

    [Fact]
    public void What_nobody_has_the_secret_of_is_no_recipient()
    {
        var small = new PublicKey(Convert.FromHexString("0100000000000000000000000000000000000000000000000000000000000000"));
        Envelope.CanReceive(_alice.PublicKey).ShouldBeTrue();
        foreach (var key in (PublicKey[])[small, new PublicKey(Convert.FromHexString("0200000000000000000000000000000000000000000000000000000000000000"))])
        {
            Envelope.CanReceive(key).ShouldBeFalse();
            Should.Throw<ArgumentException>(() => Envelope.Seal(Stream.Null, [key]));
        }

        Should.Throw<ArgumentException>(() => Envelope.Seal(Stream.Null, []));
        Should.Throw<ArgumentException>(() => Envelope.Seal(Stream.Null, [.. Enumerable.Repeat(_alice.PublicKey, 65)]));
    }

    /// <summary>Half a gibibyte through both directions: what is allocated does not grow with it.</summary>
    [Fact]
    public async Task Memory_does_not_grow_with_the_file()
    {
        const long Length = 512L << 20;
        var before = GC.GetAllocatedBytesForCurrentThread();
        await using var opened = Envelope.Open(Envelope.Seal(new Zeros(Length), [_alice.PublicKey]), _alice);
        var buffer = new byte[81_920];
        var bytes = 0L;
        for (int read; (read = await opened.ReadAsync(buffer)) > 0;)
        {
            bytes += read;
        }

        bytes.ShouldBe(Length);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(64L << 20);
    }

    private static byte[] PlainOf(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)((i * 31) + (i >> 8)))];

    private static Task<byte[]> SealAsync(byte[] plain, params Account[] recipients) =>
        AllAsync(Envelope.Seal(new MemoryStream(plain), [.. recipients.Select(r => r.PublicKey)]));

    private static Task<byte[]> OpenAsync(byte[] envelope, Account key) => AllAsync(Envelope.Open(new MemoryStream(envelope), key));

    private static async Task<EnvelopeFault> RefusedAsync(byte[] envelope, Account key) =>
        (await Should.ThrowAsync<EnvelopeException>(OpenAsync(envelope, key))).Fault;

    private static async Task<byte[]> AllAsync(Stream stream)
    {
        await using var _ = stream;
        using var all = new MemoryStream();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }

    private sealed class Zeros(long length) : Stream
    {
        private long _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Take(count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Take(buffer.Length));

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private int Take(int count)
        {
            var taken = (int)Math.Min(count, _left);
            _left -= taken;
            return taken;
        }
    }
}

using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Tests;

public sealed class TextTests
{
    [Fact]
    public void Base58_reads_back_what_it_wrote() => Check.QuickThrowOnFailure(Prop.ForAll<byte[]>(all =>
    {
        byte[] bytes = [.. all.Take(64)];
        return Base58.TryDecode(Base58.Encode(bytes), out var back) && back.SequenceEqual(bytes);
    }));

    /// <summary>The definition, by big numbers.</summary>
    [Fact]
    public void Base58_is_the_number_in_base_58_after_as_many_ones_as_there_are_zero_bytes() => Check.QuickThrowOnFailure(Prop.ForAll<byte[], byte>((all, zeros) =>
    {
        byte[] bytes = [.. new byte[zeros % 5], .. all.Take(200)];
        var number = new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
        var text = "";
        for (; !number.IsZero; number /= 58)
        {
            text = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[(int)(number % 58)] + text;
        }

        return Base58.Encode(bytes) == new string('1', bytes.TakeWhile(b => b == 0).Count()) + text;
    }));

    /// <summary>So nobody has to encode again to refuse a second spelling.</summary>
    [Fact]
    public void Base58_has_one_text_a_value() => Check.QuickThrowOnFailure(Prop.ForAll<byte[]>(seed =>
    {
        var text = new string([.. seed.Take(128).Select(b => "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[b % 58])]);
        return Base58.TryDecode(text, out var bytes) && Base58.Encode(bytes) == text;
    }));

    [Theory]
    [InlineData("", "")]
    [InlineData("00", "1")]
    [InlineData("0000", "11")]
    [InlineData("61", "2g")]
    [InlineData("271f35a1", "211112")]
    [InlineData("00010966776006953d5567439e5e39f86a0d273beed61967f6", "16UwLL9Risc3QfPqBUvKofHmBQ7wMtjvM")]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "JEKNVnkbo3jma5nREBBJCDoXFVeKkD56V3xKrvRmWxFG")]
    public void Base58_writes_what_others_write(string hex, string text)
    {
        Base58.Encode(Convert.FromHexString(hex)).ShouldBe(text);
        Convert.ToHexStringLower(Base58.Decode(text)).ShouldBe(hex);
    }

    [Fact]
    public void Base58_decodes_into_no_less_room_than_it_needs()
    {
        Base58.TryDecode("JEKNVnkbo3jma5nREBBJCDoXFVeKkD56V3xKrvRmWxFG", new byte[31], out _).ShouldBeFalse();
        Base58.TryDecode("JEKNVnkbo3jma5nREBBJCDoXFVeKkD56V3xKrvRmWxFG", new byte[32], out var length).ShouldBeTrue();
        length.ShouldBe(32);
    }

    [Fact]
    public void Base58_refuses_a_text_that_no_key_or_signature_has() =>
        Base58.TryDecode(new string('1', 129), out _).ShouldBeFalse();

    [Theory]
    [InlineData("0")]
    [InlineData("O")]
    [InlineData("l")]
    [InlineData("abc ")]
    public void Base58_refuses_other_letters(string text) => Base58.TryDecode(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("550E8400-e29b-41d4-a716-446655440000")]
    [InlineData("{550e8400-e29b-41d4-a716-446655440000}")]
    [InlineData("550e8400e29b41d4a716446655440000")]
    [InlineData(" 550e8400-e29b-41d4-a716-446655440000")]
    [InlineData("+50e8400-e29b-41d4-a716-446655440000")]
    [InlineData("-50e8400-e29b-41d4-a716-446655440000")]
    [InlineData("0x0e8400-e29b-41d4-a716-446655440000")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("")]
    public void An_id_has_one_spelling(string text)
    {
        IntentId.TryParse(text, null, out _).ShouldBeFalse();
        JobId.TryParse("job-" + text, null, out _).ShouldBeFalse();
    }

    [Fact]
    public void An_address_has_32_bytes_and_one_spelling()
    {
        WalletAddress.TryParse("11111111111111111111111111111111", null, out var zero).ShouldBeTrue();
        zero.ShouldBe(default);
        WalletAddress.TryParse("1111111111111111111111111111111", null, out _).ShouldBeFalse();
        WalletAddress.TryParse(Base58.Encode([1, .. new byte[32]]), null, out _).ShouldBeFalse();
    }

    [Fact]
    public void The_default_hash_is_the_zero_hash()
    {
        default(Hash256).ShouldBe(Hash256.Zero);
        default(Hash256).GetHashCode().ShouldBe(Hash256.Zero.GetHashCode());
    }

    /// <summary>RFC 8785, the parts that hashed documents of ours have.</summary>
    [Theory]
    [InlineData("""{"b":1,"a":[true,null,"x"]}""", """{"a":[true,null,"x"],"b":1}""")]
    [InlineData("""{"\u20ac":"Euro","\r":"CR","1":"One"}""", "{\"\\r\":\"CR\",\"1\":\"One\",\"€\":\"Euro\"}")]
    [InlineData("""{"a":"\u000f\u0008\"\\/\ud83d\ude00"}""", "{\"a\":\"\\u000f\\b\\\"\\\\/😀\"}")]
    public void Canonical_json_sorts_and_escapes_as_the_rfc_says(string json, string canonical) =>
        Encoding.UTF8.GetString(CanonicalJson.Canonicalize(JsonNode.Parse(json))).ShouldBe(canonical);

    [Theory]
    [InlineData("""{"a":1.5}""")]
    [InlineData("""{"a":9007199254740992}""")]
    public void Canonical_json_refuses_what_it_could_not_hash_the_same_everywhere(string json) =>
        Should.Throw<FormatException>(() => CanonicalJson.Canonicalize(JsonNode.Parse(json)));

    [Fact]
    public void A_spec_s_hash_does_not_depend_on_the_order_of_its_fields()
    {
        var spec = new JobSpec(JobType.Inference, "sha256:" + new string('a', 64), new JobLimits(1_000, 512), 10, Script: "echo é");
        var json = JsonSerializer.SerializeToNode(spec, ContractJson.Options)!.AsObject();
        var reversed = new JsonObject(json.Reverse().Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())));

        JsonSerializer.Deserialize<JobSpec>(reversed, ContractJson.Options)!.Hash().ShouldBe(spec.Hash());
    }

    [Fact]
    public void A_log_s_chain_depends_on_every_part()
    {
        var hash = LogChunk.ChainHash(Hash256.Zero, 0, "stdout", 1, "a"u8);
        Hash256[] others =
        [
            LogChunk.ChainHash(hash, 0, "stdout", 1, "a"u8),
            LogChunk.ChainHash(Hash256.Zero, 1, "stdout", 1, "a"u8),
            LogChunk.ChainHash(Hash256.Zero, 0, "stderr", 1, "a"u8),
            LogChunk.ChainHash(Hash256.Zero, 0, "stdout", 2, "a"u8),
            LogChunk.ChainHash(Hash256.Zero, 0, "stdout", 1, "b"u8),
        ];
        others.ShouldNotContain(hash);
        others.Distinct().Count().ShouldBe(others.Length);
    }
}

using Hypernode.Solana.Keys.Adapters;

namespace Hypernode.Solana.Tests;

public class Ed25519Tests
{
    private static readonly IEd25519Engine BouncyCastle = new BouncyCastleEd25519();

    // RFC 8032, section 7.1: seed, public key, message, signature.
    public static TheoryData<string, string, string, string> Rfc8032 => new()
    {
        {
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        },
        {
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        },
        {
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        },
    };

    [Fact]
    public void OpenSsl_is_what_runs_here() => OpenSslEd25519.TryLoad().ShouldNotBeNull();

    [Theory]
    [MemberData(nameof(Rfc8032))]
    public void Both_engines_pass_the_vectors_of_RFC_8032(string seed, string publicKey, string message, string signature)
    {
        foreach (var engine in new[] { OpenSslEd25519.TryLoad()!, BouncyCastle })
        {
            using var signer = engine.Signer(Convert.FromHexString(seed));
            Convert.ToHexStringLower(signer.PublicKey).ShouldBe(publicKey);
            Convert.ToHexStringLower(signer.Sign(Convert.FromHexString(message))).ShouldBe(signature);
            using var verifier = engine.Verifier(Convert.FromHexString(publicKey))!;
            verifier.Verify(Convert.FromHexString(message), Convert.FromHexString(signature)).ShouldBeTrue();
        }

        Ed25519.Verify(Convert.FromHexString(publicKey), Convert.FromHexString(message), Convert.FromHexString(signature)).ShouldBeTrue();
    }

    [Fact]
    public void The_two_engines_agree_on_random_keys_and_on_every_kind_of_damage()
    {
        var random = new Random(8032);
        for (var round = 0; round < 64; round++)
        {
            var seed = new byte[32];
            var message = new byte[random.Next(0, 300)];
            random.NextBytes(seed);
            random.NextBytes(message);
            using var theirs = BouncyCastle.Signer(seed);
            var signature = Ed25519.Sign(seed, message);
            signature.ShouldBe(theirs.Sign(message));
            using var opinion = BouncyCastle.Verifier(theirs.PublicKey)!;
            opinion.Verify(message, signature).ShouldBeTrue();

            signature[random.Next(64)] ^= (byte)(1 << random.Next(8));
            Ed25519.Verify(theirs.PublicKey, message, signature).ShouldBeFalse();
            opinion.Verify(message, signature).ShouldBeFalse();
        }
    }

    [Fact]
    public void A_signature_with_the_group_order_added_is_refused()
    {
        // S + L verifies under a lax implementation: a second signature of the same message.
        var seed = new byte[32];
        var signature = Ed25519.Sign(seed, "text"u8);
        var order = Convert.FromHexString("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        var carry = 0;
        for (var i = 0; i < 32; i++)
        {
            carry += signature[32 + i] + order[i];
            signature[32 + i] = (byte)carry;
            carry >>= 8;
        }

        Ed25519.Verify(Ed25519.PublicKeyFromSeed(seed), "text"u8, signature).ShouldBeFalse();
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000080")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")]
    [InlineData("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")]
    public void A_key_of_small_order_signs_nothing(string key)
    {
        // Under the identity, this signature (R = identity, S = 0) would verify over every message.
        var universal = new byte[64];
        universal[0] = 1;
        Ed25519.Verify(Convert.FromHexString(key), "anything"u8, universal).ShouldBeFalse();
        Curve25519.IsOnCurve(Convert.FromHexString(key)).ShouldBeTrue();
    }

    [Theory]
    [InlineData(31, 64)]
    [InlineData(33, 64)]
    [InlineData(32, 63)]
    [InlineData(32, 65)]
    [InlineData(0, 0)]
    public void Wrong_lengths_are_false_not_an_exception(int keyLength, int signatureLength) =>
        Ed25519.Verify(new byte[keyLength], [], new byte[signatureLength]).ShouldBeFalse();

    [Fact]
    public void One_parsed_key_signs_from_many_threads()
    {
        using var account = new Account();
        Parallel.For(0, 500, i =>
        {
            var message = BitConverter.GetBytes(i);
            account.Verify(message, account.Sign(message)).ShouldBeTrue();
        });
    }
}

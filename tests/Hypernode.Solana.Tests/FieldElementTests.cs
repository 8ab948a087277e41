using System.Numerics;

namespace Hypernode.Solana.Tests;

/// <summary>The fast arithmetic against big numbers, where a carry goes wrong once in a million: at the edges, and at random.</summary>
public sealed class FieldElementTests
{
    private static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;
    private static readonly BigInteger D = Mod(-121_665 * BigInteger.ModPow(121_666, P - 2, P));

    public static IEnumerable<BigInteger> Edges =>
        ((BigInteger[])[0, P, BigInteger.Pow(2, 51), BigInteger.Pow(2, 102), BigInteger.Pow(2, 153), BigInteger.Pow(2, 204), BigInteger.Pow(2, 255), BigInteger.Pow(2, 256)])
        .SelectMany(edge => Enumerable.Range(-40, 81).Select(off => edge + off))
        .Where(value => value.Sign >= 0 && value < BigInteger.Pow(2, 256));

    [Fact]
    public void Sums_differences_products_and_squares_are_those_of_big_numbers()
    {
        var random = new Random(25_519);
        var values = Edges.Concat(Enumerable.Range(0, 400).Select(_ => Some(random))).ToList();
        foreach (var a in values)
        {
            var b = values[random.Next(values.Count)];
            var (x, y) = (Element(a), Element(b));
            (x * y - Element(Mod(Low(a) * Low(b)))).IsZero.ShouldBeTrue($"{a} * {b}");
            (x + y - Element(Mod(Low(a) + Low(b)))).IsZero.ShouldBeTrue($"{a} + {b}");
            (x - y - Element(Mod(Low(a) - Low(b)))).IsZero.ShouldBeTrue($"{a} - {b}");
            (x.Squared() - x * x).IsZero.ShouldBeTrue($"{a} squared");
        }
    }

    [Fact]
    public void Zero_and_one_are_known_in_all_their_forms()
    {
        foreach (var value in Edges)
        {
            Element(value).IsZero.ShouldBe(Mod(Low(value)).IsZero, $"{value}");
            Element(value).IsOne.ShouldBe(Mod(Low(value)).IsOne, $"{value}");
        }
    }

    [Fact]
    public void A_long_chain_of_operations_stays_exact()
    {
        var random = new Random(1);
        var (expected, actual) = ((BigInteger)3, Element(3));
        for (var i = 0; i < 2_000; i++)
        {
            var other = Some(random);
            (expected, actual) = (i % 3) switch
            {
                0 => (Mod(expected * Low(other)), actual * Element(other)),
                1 => (Mod(expected - Low(other)), actual - Element(other)),
                _ => (Mod(expected * expected + Low(other)), actual.Squared() + Element(other)),
            };
            (actual - Element(expected)).IsZero.ShouldBeTrue($"after {i} steps");
        }
    }

    [Fact]
    public void Whether_bytes_are_a_point_is_what_big_numbers_say()
    {
        var random = new Random(7);
        var points = 0;
        foreach (var value in Edges.Concat(Enumerable.Range(0, 2_000).Select(_ => Some(random))))
        {
            var expected = IsOnCurve(value);
            Curve25519.IsOnCurve(Bytes(value)).ShouldBe(expected, $"{value}");
            points += expected ? 1 : 0;
        }

        // Half of all y are of a point; so neither answer went untested.
        points.ShouldBeInRange(800, 1_900);
    }

    [Fact]
    public void Every_public_key_is_a_point()
    {
        for (var i = 0; i < 50; i++)
        {
            using var account = new Account();
            account.PublicKey.IsOnCurve.ShouldBeTrue();
        }
    }

    [Fact]
    public void Derived_addresses_are_kept_but_not_for_ever()
    {
        var kept = new DerivedAddresses(generation: 10);
        var first = kept.Find([1, 2, 3], TokenProgram.ProgramIdKey);
        kept.Find([1, 2, 3], TokenProgram.ProgramIdKey).Address.ShouldBeSameAs(first.Address);
        kept.Find([1, 2, 3], SystemProgram.ProgramIdKey).Address.ShouldNotBe(first.Address);

        for (byte i = 0; i < 100; i++)
        {
            kept.Find([i], TokenProgram.ProgramIdKey).Address.ShouldBe(PublicKey.FindProgramAddress([[i]], TokenProgram.ProgramIdKey).Address);
            kept.Find([1, 2, 3], TokenProgram.ProgramIdKey).Address.ShouldBeSameAs(first.Address, "what is asked for stays");
            kept.Count.ShouldBeLessThanOrEqualTo(21);
        }

        for (byte i = 0; i < 100; i++)
        {
            kept.Find([i, 1], TokenProgram.ProgramIdKey);
        }

        var again = kept.Find([1, 2, 3], TokenProgram.ProgramIdKey);
        again.ShouldBe(first);
        again.Address.ShouldNotBeSameAs(first.Address);
    }

    [Fact]
    public void Where_a_seed_ends_does_not_change_the_address_and_so_may_not_change_what_is_kept()
    {
        var together = PublicKey.FindProgramAddress([[1, 2, 3, 4]], TokenProgram.ProgramIdKey);
        PublicKey.FindProgramAddress([[1, 2], [3, 4]], TokenProgram.ProgramIdKey).ShouldBe(together);
        PublicKey.TryCreateProgramAddress([[1], [2, 3, 4], [together.Bump]], TokenProgram.ProgramIdKey, out var created).ShouldBeTrue();
        created.ShouldBe(together.Address);
    }

    private static bool IsOnCurve(BigInteger compressed)
    {
        var y2 = Mod(Low(compressed) * Low(compressed));
        var uv = Mod((y2 - 1) * (D * y2 + 1));
        return uv.IsZero || BigInteger.ModPow(uv, (P - 1) / 2, P).IsOne;
    }

    /// <summary>The sign's bit does not count.</summary>
    private static BigInteger Low(BigInteger value) => value & (BigInteger.Pow(2, 255) - 1);

    private static BigInteger Mod(BigInteger value)
    {
        var rest = value % P;
        return rest.Sign < 0 ? rest + P : rest;
    }

    private static BigInteger Some(Random random)
    {
        var bytes = new byte[32];
        random.NextBytes(bytes);
        return new BigInteger(bytes, isUnsigned: true);
    }

    private static byte[] Bytes(BigInteger value)
    {
        var bytes = new byte[32];
        value.ToByteArray(isUnsigned: true).CopyTo(bytes, 0);
        return bytes;
    }

    private static FieldElement Element(BigInteger value) => FieldElement.FromBytes(Bytes(value));
}

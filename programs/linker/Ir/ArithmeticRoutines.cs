namespace Sbpf.Linker.Ir;

/// <summary>The routines behind <see cref="ArithmeticLowering"/>, in IR that the back end can express. All are inlined.</summary>
internal static class ArithmeticRoutines
{
    /// <summary>64 x 64 to 128 bits by schoolbook in 32-bit halves.</summary>
    public const string MultiplyTo128 = """
        define internal i128 @__svm_mulu64(i64 %a, i64 %b) alwaysinline {
          %al = and i64 %a, 4294967295
          %ah = lshr i64 %a, 32
          %bl = and i64 %b, 4294967295
          %bh = lshr i64 %b, 32
          %ll = mul i64 %al, %bl
          %lh = mul i64 %al, %bh
          %hl = mul i64 %ah, %bl
          %hh = mul i64 %ah, %bh
          %c1 = lshr i64 %ll, 32
          %hll = and i64 %hl, 4294967295
          %lhl = and i64 %lh, 4294967295
          %m1 = add i64 %c1, %hll
          %mid = add i64 %m1, %lhl
          %mh = lshr i64 %mid, 32
          %hlh = lshr i64 %hl, 32
          %lhh = lshr i64 %lh, 32
          %h1 = add i64 %hh, %hlh
          %h2 = add i64 %h1, %lhh
          %hi = add i64 %h2, %mh
          %lo = mul i64 %a, %b
          %l = zext i64 %lo to i128
          %h = zext i64 %hi to i128
          %hs = shl i128 %h, 64
          %r = or i128 %hs, %l
          ret i128 %r
        }
        """;

    /// <summary>128 x 128 bits: the low product, plus the cross products in the high half.</summary>
    public const string Multiply128 = """
        define internal i128 @__svm_mul128(i128 %a, i128 %b) alwaysinline {
          %al = trunc i128 %a to i64
          %as = lshr i128 %a, 64
          %ah = trunc i128 %as to i64
          %bl = trunc i128 %b to i64
          %bs = lshr i128 %b, 64
          %bh = trunc i128 %bs to i64
          %w = call i128 @__svm_mulu64(i64 %al, i64 %bl)
          %x = mul i64 %ah, %bl
          %y = mul i64 %al, %bh
          %s = add i64 %x, %y
          %z = zext i64 %s to i128
          %t = shl i128 %z, 64
          %r = add i128 %w, %t
          ret i128 %r
        }
        """;

    /// <summary>Overflow is a high half that is not zero.</summary>
    public const string UnsignedChecked = """
        define internal { i64, i1 } @__svm_umulo64(i64 %a, i64 %b) alwaysinline {
          %w = call i128 @__svm_mulu64(i64 %a, i64 %b)
          %lo = trunc i128 %w to i64
          %s = lshr i128 %w, 64
          %hi = trunc i128 %s to i64
          %o = icmp ne i64 %hi, 0
          %r0 = insertvalue { i64, i1 } poison, i64 %lo, 0
          %r = insertvalue { i64, i1 } %r0, i1 %o, 1
          ret { i64, i1 } %r
        }
        """;

    /// <summary>Overflow is a high half that is not the sign of the low half.</summary>
    public const string SignedChecked = """
        define internal { i64, i1 } @__svm_smulo64(i64 %a, i64 %b) alwaysinline {
          %w = call i128 @__svm_mulu64(i64 %a, i64 %b)
          %lo = trunc i128 %w to i64
          %s = lshr i128 %w, 64
          %hu = trunc i128 %s to i64
          %sa = ashr i64 %a, 63
          %sb = ashr i64 %b, 63
          %ca = and i64 %sa, %b
          %cb = and i64 %sb, %a
          %h1 = sub i64 %hu, %ca
          %h = sub i64 %h1, %cb
          %e = ashr i64 %lo, 63
          %o = icmp ne i64 %h, %e
          %r0 = insertvalue { i64, i1 } poison, i64 %lo, 0
          %r = insertvalue { i64, i1 } %r0, i1 %o, 1
          ret { i64, i1 } %r
        }
        """;

    /// <summary>
    /// A shift by n below 128 in 64-bit halves. The split into one and 63 - n keeps every single shift below 64, where
    /// a shift by 64 would be undefined.
    /// </summary>
    public static string Shift128(string op)
    {
        var left = op == "shl";
        var (near, other) = left ? ("lo", "hi") : ("hi", "lo");
        var (otherShift, back) = left ? ("shl", "lshr") : ("lshr", "shl");
        var (low, high) = left ? ("near", "other") : ("other", "near");
        var fill = op == "ashr" ? "%sign" : "0";
        return $$"""
            define internal i128 @__svm_{{op}}128(i128 %x, i128 %n128) alwaysinline {
              %n = trunc i128 %n128 to i64
              %lo = trunc i128 %x to i64
              %x1 = lshr i128 %x, 64
              %hi = trunc i128 %x1 to i64
              %sign = ashr i64 %hi, 63
              %k = and i64 %n, 63
              %far64 = and i64 %n, 64
              %far = icmp ne i64 %far64, 0
              %inv = sub i64 63, %k
              %moved = {{op}} i64 %{{near}}, %k
              %o1 = {{otherShift}} i64 %{{other}}, %k
              %b1 = {{back}} i64 %{{near}}, 1
              %b2 = {{back}} i64 %b1, %inv
              %mixed = or i64 %o1, %b2
              %rnear = select i1 %far, i64 {{fill}}, i64 %moved
              %rother = select i1 %far, i64 %moved, i64 %mixed
              %zlo = zext i64 %r{{low}} to i128
              %zhi = zext i64 %r{{high}} to i128
              %zh = shl i128 %zhi, 64
              %r = or i128 %zh, %zlo
              ret i128 %r
            }
            """;
    }

    /// <summary>Signed division by the unsigned one on magnitudes; a remainder takes the dividend's sign.</summary>
    public static string SignedDivision(string op, int width)
    {
        var (unsigned, sign) = op == "sdiv" ? ("udiv", $"xor i{width} %sa, %sb") : ("urem", $"or i{width} %sa, 0");
        return $$"""
            define internal i{{width}} @__svm_{{op}}{{width}}(i{{width}} %a, i{{width}} %b) alwaysinline {
              %sa = ashr i{{width}} %a, {{width - 1}}
              %xa = xor i{{width}} %a, %sa
              %ua = sub i{{width}} %xa, %sa
              %sb = ashr i{{width}} %b, {{width - 1}}
              %xb = xor i{{width}} %b, %sb
              %ub = sub i{{width}} %xb, %sb
              %q = {{unsigned}} i{{width}} %ua, %ub
              %s = {{sign}}
              %x = xor i{{width}} %q, %s
              %r = sub i{{width}} %x, %s
              ret i{{width}} %r
            }
            """;
    }
}

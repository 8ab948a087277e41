using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hypernode.Contracts.Money;

/// <summary>
/// An amount of HYPER in base units (10⁻⁶ HYPER). Every operation is checked; there is no conversion from or to
/// binary floating point. In messages and rows it is the integer of base units, at most 2⁶³ − 1 (SQL's bigint).
/// </summary>
[JsonConverter(typeof(HyperAmountJsonConverter))]
public readonly record struct HyperAmount(ulong BaseUnits) : IComparable<HyperAmount>
{
    public const ulong UnitsPerHyper = 1_000_000;
    public const int Decimals = 6;
    public const ulong MaxBaseUnits = long.MaxValue;

    public static HyperAmount Zero => default;

    public static HyperAmount operator +(HyperAmount a, HyperAmount b) => new(checked(a.BaseUnits + b.BaseUnits));

    public static HyperAmount operator -(HyperAmount a, HyperAmount b) => new(checked(a.BaseUnits - b.BaseUnits));

    public static bool operator <(HyperAmount a, HyperAmount b) => a.BaseUnits < b.BaseUnits;

    public static bool operator >(HyperAmount a, HyperAmount b) => a.BaseUnits > b.BaseUnits;

    public static bool operator <=(HyperAmount a, HyperAmount b) => a.BaseUnits <= b.BaseUnits;

    public static bool operator >=(HyperAmount a, HyperAmount b) => a.BaseUnits >= b.BaseUnits;

    public int CompareTo(HyperAmount other) => BaseUnits.CompareTo(other.BaseUnits);

    /// <summary>
    /// Reads a decimal number of HYPER exactly: digits, at most one point, at most six decimals; no sign, exponent,
    /// grouping or spaces. False when it is anything else or larger than a bigint holds.
    /// </summary>
    public static bool TryParseHyper([NotNullWhen(true)] string? text, out HyperAmount amount)
    {
        amount = default;
        if (string.IsNullOrEmpty(text) || text.Length > 32)
        {
            return false;
        }

        var point = text.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? text : text[..point];
        var fraction = point < 0 ? "" : text[(point + 1)..];
        if (whole.Length == 0 || (point >= 0 && fraction.Length == 0) || fraction.Length > Decimals
            || !whole.All(char.IsAsciiDigit) || !fraction.All(char.IsAsciiDigit))
        {
            return false;
        }

        if (!ulong.TryParse(whole + fraction.PadRight(Decimals, '0'), NumberStyles.None, CultureInfo.InvariantCulture, out var units)
            || units > MaxBaseUnits)
        {
            return false;
        }

        amount = new HyperAmount(units);
        return true;
    }

    /// <summary>The canonical text that a wallet signs: at least one decimal, no trailing zeros beyond it (<c>100.0</c>, <c>1.5</c>, <c>0.000001</c>).</summary>
    public override string ToString()
    {
        var fraction = (BaseUnits % UnitsPerHyper).ToString("D6", CultureInfo.InvariantCulture).TrimEnd('0');
        return $"{BaseUnits / UnitsPerHyper}.{(fraction.Length == 0 ? "0" : fraction)}";
    }

    private sealed class HyperAmountJsonConverter : JsonConverter<HyperAmount>
    {
        public override HyperAmount Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out var units) ? new(units) : throw new JsonException("not base units");

        public override void Write(Utf8JsonWriter writer, HyperAmount value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.BaseUnits);
    }
}

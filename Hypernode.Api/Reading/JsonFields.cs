using System.Text;
using System.Text.Json;
using Hypernode.Contracts.Money;

namespace Hypernode.Api.Reading;

/// <summary>
/// A strict view of one JSON object. Each field is asked for by name; what is missing or wrong goes to the shared list of
/// errors with its pointer, so that one answer names them all. A null from here means "absent, or wrong and noted".
/// </summary>
internal sealed class JsonFields(JsonElement element, string pointer, FieldErrors errors)
{
    /// <summary>All of it, for documents that are not ours and may hold more than is read.</summary>
    public JsonElement Whole => element;

    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    public string Pointer => pointer;

    public FieldErrors Errors => errors;

    public string At(string name) => Join(pointer, name);

    public static string Join(string pointer, string name) =>
        $"{pointer}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";

    /// <summary>True when the field is there and not null.</summary>
    public bool Has(string name) => Find(name, required: false) is not null;

    public JsonFields? Object(string name, bool required = true)
    {
        var value = Find(name, required);
        return value is null || !IsKind(name, value.Value, JsonValueKind.Object, "an object")
            ? null
            : new JsonFields(value.Value, At(name), errors);
    }

    /// <summary>Text of 1 to <paramref name="maxBytes"/> bytes of UTF-8.</summary>
    public string? Text(string name, int maxBytes, bool required = true)
    {
        var value = Find(name, required);
        if (value is null || !IsKind(name, value.Value, JsonValueKind.String, "a string"))
        {
            return null;
        }

        return IsFitting(At(name), value.Value.GetString()!, maxBytes) ? value.Value.GetString() : null;
    }

    /// <summary>An id, address or hash in its one text form.</summary>
    public T? Parsed<T>(string name, string expected, bool required = true)
        where T : struct, IParsable<T>
    {
        var value = Find(name, required);
        if (value is null || !IsKind(name, value.Value, JsonValueKind.String, "a string"))
        {
            return null;
        }

        if (T.TryParse(value.Value.GetString(), null, out var parsed))
        {
            return parsed;
        }

        errors.Add(At(name), "malformed", $"must be {expected}");
        return null;
    }

    /// <summary>A whole number, written without point or exponent.</summary>
    public long? Integer(string name, long min, long max, bool required = true)
    {
        var value = Find(name, required);
        if (value is null || !IsKind(name, value.Value, JsonValueKind.Number, "a whole number"))
        {
            return null;
        }

        if (!value.Value.TryGetInt64(out var number))
        {
            errors.Add(At(name), "not-an-integer", $"must be a whole number from {min} to {max}");
            return null;
        }

        if (number < min || number > max)
        {
            errors.Add(At(name), "out-of-range", $"must be from {min} to {max}");
            return null;
        }

        return number;
    }

    /// <summary>True, or null when it is absent: for what is off unless it is said, so that "off" has one form only.</summary>
    public bool? True(string name)
    {
        var value = Find(name, required: false);
        if (value is null)
        {
            return null;
        }

        if (value.Value.ValueKind == JsonValueKind.True)
        {
            return true;
        }

        errors.Add(At(name), "wrong-type", "must be true, or left out");
        return null;
    }

    /// <summary>
    /// HYPER as a decimal string or number of at most six decimals, read from its own characters (protocol A5): no
    /// binary fraction ever sees it.
    /// </summary>
    public HyperAmount? Amount(string name)
    {
        var value = Find(name, required: true);
        if (value is null)
        {
            return null;
        }

        if (value.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number))
        {
            errors.Add(At(name), "wrong-type", "must be a decimal string or a number");
            return null;
        }

        var text = value.Value.ValueKind == JsonValueKind.Number ? value.Value.GetRawText() : value.Value.GetString();
        if (!HyperAmount.TryParseHyper(text, out var amount))
        {
            errors.Add(At(name), "malformed", "must be HYPER with at most 6 decimals, without sign or exponent, at most 9223372036854.775807");
            return null;
        }

        if (amount == HyperAmount.Zero)
        {
            errors.Add(At(name), "out-of-range", "must be more than zero");
            return null;
        }

        return amount;
    }

    /// <summary>One of the given words, in their order; null when it is none of them.</summary>
    public int? OneOf(string name, IReadOnlyList<string> words, bool required = true)
    {
        var value = Find(name, required);
        if (value is null || !IsKind(name, value.Value, JsonValueKind.String, "a string"))
        {
            return null;
        }

        for (var i = 0; i < words.Count; i++)
        {
            if (string.Equals(words[i], value.Value.GetString(), StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        errors.Add(At(name), "unknown-value", $"must be one of {string.Join(", ", words)}");
        return null;
    }

    public IReadOnlyList<string>? Texts(string name, int minCount, int maxCount, int maxBytesEach, bool required = true) =>
        Items(name, minCount, maxCount, required)?
            .Select((item, i) => ReadText($"{At(name)}/{i}", item, maxBytesEach))
            .ToList();

    public IReadOnlyList<JsonFields>? Objects(string name, int maxCount, bool required = true)
    {
        var items = Items(name, 0, maxCount, required);
        if (items is null)
        {
            return null;
        }

        var objects = new List<JsonFields>();
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i].ValueKind == JsonValueKind.Object)
            {
                objects.Add(new JsonFields(items[i], $"{At(name)}/{i}", errors));
            }
            else
            {
                errors.Add($"{At(name)}/{i}", "wrong-type", "must be an object");
            }
        }

        return objects;
    }

    /// <summary>An array or object as it is, for what has a reader of its own.</summary>
    public JsonElement? Raw(string name, JsonValueKind kind, string expected, bool required = true)
    {
        var value = Find(name, required);
        return value is not null && IsKind(name, value.Value, kind, expected) ? value : null;
    }

    /// <summary>Notes every field that nobody asked for.</summary>
    public void Close()
    {
        foreach (var property in element.EnumerateObject().Where(p => !_asked.Contains(p.Name)))
        {
            errors.Add(At(property.Name), "unknown-field", "no such field");
        }
    }

    private IReadOnlyList<JsonElement>? Items(string name, int minCount, int maxCount, bool required)
    {
        var value = Find(name, required);
        if (value is null || !IsKind(name, value.Value, JsonValueKind.Array, "an array"))
        {
            return null;
        }

        var count = value.Value.GetArrayLength();
        if (count >= minCount && count <= maxCount)
        {
            return [.. value.Value.EnumerateArray()];
        }

        errors.Add(At(name), "out-of-range", $"must have from {minCount} to {maxCount} items");
        return null;
    }

    private string ReadText(string at, JsonElement item, int maxBytes)
    {
        if (item.ValueKind != JsonValueKind.String)
        {
            errors.Add(at, "wrong-type", "must be a string");
            return "";
        }

        IsFitting(at, item.GetString()!, maxBytes);
        return item.GetString()!;
    }

    private bool IsFitting(string at, string text, int maxBytes)
    {
        if (text.Length == 0)
        {
            errors.Add(at, "empty", "must not be empty");
            return false;
        }

        if (Encoding.UTF8.GetByteCount(text) > maxBytes)
        {
            errors.Add(at, "too-long", $"must have at most {maxBytes} bytes of UTF-8");
            return false;
        }

        return true;
    }

    /// <summary>Null counts as absent: contracts leave nulls out.</summary>
    private JsonElement? Find(string name, bool required)
    {
        _asked.Add(name);
        if (element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null)
        {
            return value;
        }

        if (required)
        {
            errors.Add(At(name), "missing", "is required");
        }

        return null;
    }

    private bool IsKind(string name, JsonElement value, JsonValueKind kind, string expected)
    {
        if (value.ValueKind == kind)
        {
            return true;
        }

        errors.Add(At(name), "wrong-type", $"must be {expected}");
        return false;
    }
}

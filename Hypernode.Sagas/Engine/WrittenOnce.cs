using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hypernode.Sagas.Engine;

/// <summary>
/// A part of a job's row that never changes. A job is written at each of its transitions, and most of its JSON is what its
/// payer signed: that text is made once, and is copied from then on. The row looks as if it was the value itself.
/// </summary>
[JsonConverter(typeof(WrittenOnceConverter))]
internal sealed class WrittenOnce<T>(T value)
    where T : class
{
    private byte[]? _json;

    public T Value => value;

    public void Write(Utf8JsonWriter writer, JsonSerializerOptions options) =>
        writer.WriteRawValue(_json ??= JsonSerializer.SerializeToUtf8Bytes(value, options), skipInputValidation: true);
}

internal static class WrittenOnce
{
    public static WrittenOnce<T>? Of<T>(T? value)
        where T : class => value is null ? null : new(value);
}

internal sealed class WrittenOnceConverter : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(WrittenOnce<>);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;

    private sealed class Converter<T> : JsonConverter<WrittenOnce<T>>
        where T : class
    {
        public override WrittenOnce<T>? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            WrittenOnce.Of(JsonSerializer.Deserialize<T>(ref reader, options));

        public override void Write(Utf8JsonWriter writer, WrittenOnce<T> value, JsonSerializerOptions options) => value.Write(writer, options);
    }
}

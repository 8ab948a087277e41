using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hypernode.Contracts.Nodes;

/// <summary>
/// What a node says at one moment, in order, as one message: it costs the broker one entry, one confirm and one
/// acknowledgement. Bundles do not nest. An item that can't be read is null, and its neighbours are none the worse.
/// </summary>
public sealed record NodeBundle([property: JsonConverter(typeof(NodeBundle.ItemsConverter))] IReadOnlyList<NodeMessage?> Messages) : NodeMessage
{
    public const int MaxMessages = 64;

    /// <summary>Of all its messages together: no more of a log than one message may carry.</summary>
    public const int MaxChunks = 256;

    /// <summary>What the messages of a bundle may come to as JSON; one that is larger travels alone.</summary>
    public const int MaxBytes = 1024 * 1024;

    internal sealed class ItemsConverter : JsonConverter<IReadOnlyList<NodeMessage?>>
    {
        public override IReadOnlyList<NodeMessage?> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                throw new JsonException();
            }

            var items = new List<NodeMessage?>();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                // From a copy: after a failure the reader still stands where the item begins, and skips it whole.
                items.Add(ReadItem(reader, options));
                reader.Skip();
            }

            return items;
        }

        public override void Write(Utf8JsonWriter writer, IReadOnlyList<NodeMessage?> value, JsonSerializerOptions options)
        {
            writer.WriteStartArray();
            foreach (var item in value)
            {
                JsonSerializer.Serialize(writer, item, options);
            }

            writer.WriteEndArray();
        }

        private static NodeMessage? ReadItem(Utf8JsonReader reader, JsonSerializerOptions options)
        {
            try
            {
                return JsonSerializer.Deserialize<NodeMessage>(ref reader, options);
            }
            catch (Exception e) when (e is JsonException or NotSupportedException or FormatException)
            {
                return null;
            }
        }
    }
}

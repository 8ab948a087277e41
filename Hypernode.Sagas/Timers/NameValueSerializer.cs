using System.Collections.Specialized;
using System.Text.Json;
using Quartz.Spi;

namespace Hypernode.Sagas.Timers;

/// <summary>
/// Job data in the database, as JSON. With <c>useProperties</c> Quartz hands over a <see cref="NameValueCollection"/>, which
/// System.Text.Json writes as a list of its keys: the values would be lost, and triggers would silently never fire.
/// </summary>
public sealed class NameValueSerializer : IObjectSerializer
{
    public void Initialize()
    {
    }

    /// <exception cref="NotSupportedException">Anything but strings by name: no type is ever made from what a row says.</exception>
    public byte[] Serialize<T>(T obj)
        where T : class => obj is NameValueCollection pairs
            ? JsonSerializer.SerializeToUtf8Bytes(pairs.AllKeys.OfType<string>().ToDictionary(key => key, key => pairs[key]))
            : throw new NotSupportedException($"{obj.GetType()} does not belong in a schedule");

    public T? DeSerialize<T>(byte[] data)
        where T : class
    {
        var pairs = new NameValueCollection();
        foreach (var (key, value) in JsonSerializer.Deserialize<Dictionary<string, string?>>(data) ?? [])
        {
            pairs[key] = value;
        }

        return pairs as T ?? throw new NotSupportedException($"{typeof(T)} does not belong in a schedule");
    }
}

using System.Collections.Specialized;
using Hypernode.Sagas.Timers;

namespace Hypernode.Sagas.Tests.Timers;

public sealed class NameValueSerializerTests
{
    private readonly NameValueSerializer _serializer = new();

    [Fact]
    public void Names_and_values_survive()
    {
        var pairs = new NameValueCollection { ["every"] = "5 s", ["ä"] = "ö\"\\", ["empty"] = "", ["none"] = null };

        var again = _serializer.DeSerialize<NameValueCollection>(_serializer.Serialize(pairs))!;

        again.AllKeys.ShouldBe(pairs.AllKeys);
        again.AllKeys.Select(k => again[k]).ShouldBe(pairs.AllKeys.Select(k => pairs[k]));
    }

    [Fact]
    public void Nothing_but_strings_by_name_is_written_or_read()
    {
        Should.Throw<NotSupportedException>(() => _serializer.Serialize(new List<string> { "a" }));
        Should.Throw<NotSupportedException>(() => _serializer.DeSerialize<Uri>("{}"u8.ToArray()));
    }
}

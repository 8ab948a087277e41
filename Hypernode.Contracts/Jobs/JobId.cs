using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Jobs;

/// <summary>A job: <c>job-</c> and a UUID (the client makes it, version 4). The UUID is the saga's id.</summary>
[JsonConverter(typeof(ParsableJsonConverter<JobId>))]
public readonly record struct JobId(Guid Value) : IParsable<JobId>
{
    private const string Prefix = "job-";

    public static JobId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException("not job- and a lower-case UUID");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out JobId result)
    {
        result = default;
        if (s is null || !s.StartsWith(Prefix, StringComparison.Ordinal) || !IdText.TryParse(s.AsSpan(Prefix.Length), out var value))
        {
            return false;
        }

        result = new JobId(value);
        return true;
    }

    /// <summary>16 bytes in network order, as the programs on chain use them (not <see cref="Guid.ToByteArray()"/>).</summary>
    public byte[] ToBytes() => Value.ToByteArray(bigEndian: true);

    public override string ToString() => $"{Prefix}{Value:D}";
}

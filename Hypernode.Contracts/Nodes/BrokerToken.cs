using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Nodes;

/// <summary>
/// A node's password at the broker: signed by the node's own key at every connect, and good for minutes. Nobody stores it, and
/// who took a copy of our database can't make one (ADR 15).
/// </summary>
public sealed class BrokerToken
{
    /// <summary>How far the node's clock may be from ours, either way; as at registration.</summary>
    public static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(5);

    private const string Version = "v1";
    private const int SignatureBytes = 64;

    /// <summary>v1, a time in ms, and 64 bytes in base58 are far shorter.</summary>
    private const int MaxLength = 128;

    /// <param name="timestamp">ms since the epoch, of the node's clock.</param>
    /// <param name="signature">64 bytes, base58.</param>
    public BrokerToken(long timestamp, string signature) => (Timestamp, Signature) = (timestamp, signature);

    public long Timestamp { get; }

    public string Signature { get; }

    /// <summary>As it goes to the broker: <c>v1.{timestamp}.{signature}</c>. A secret while it is good.</summary>
    public string Password => string.Create(CultureInfo.InvariantCulture, $"{Version}.{Timestamp}.{Signature}");

    /// <summary>The text that the node's key signs. It names network and node, so a token opens no other's door.</summary>
    public static string SigningText(string network, NodeId node, long timestamp) => string.Join(
        '\n',
        "HYPERNODE Broker Access",
        "",
        $"Network: {network}",
        $"Node ID: {node}",
        string.Create(CultureInfo.InvariantCulture, $"Timestamp: {timestamp}"));

    public bool IsTimely(DateTimeOffset now)
    {
        // No subtraction: a stranger's number may be any.
        var (earliest, latest) = ((now - MaxSkew).ToUnixTimeMilliseconds(), (now + MaxSkew).ToUnixTimeMilliseconds());
        return Timestamp >= earliest && Timestamp <= latest;
    }

    /// <summary>Only what <see cref="Password"/> writes: each token has one form.</summary>
    public static bool TryParse(string? password, [NotNullWhen(true)] out BrokerToken? token)
    {
        token = null;
        if (password is not { Length: <= MaxLength } || password.Split('.') is not [Version, var time, var signature]
            || !long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var timestamp)
            || !Base58.TryDecode(signature, out var bytes) || bytes.Length != SignatureBytes)
        {
            return false;
        }

        token = new BrokerToken(timestamp, signature);
        return token.Password == password;
    }

    /// <summary>Without the signature: this may be logged.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"a broker token of {Timestamp}");
}

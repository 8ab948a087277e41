using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Hypernode.Contracts.Jobs;

/// <summary>One place that a job of <see cref="NetworkMode.Allowlist"/> may reach, written <c>host:port</c>.</summary>
/// <param name="Host">A name of at least two labels in lower case, or a public address; IPv6 without its brackets.</param>
public readonly record struct NetworkTarget(string Host, int Port)
{
    /// <summary>Entries of one job.</summary>
    public const int MaxCount = 32;

    /// <summary>A name of 253, its colon and port.</summary>
    public const int MaxLength = 253 + 6;

    /// <summary>Only the canonical form: of all the ways to write a name or an address there is one, so that a list can be compared.</summary>
    public static bool TryParse(string? text, out NetworkTarget target)
    {
        target = default;
        var colon = text?.LastIndexOf(':') ?? -1;
        if (colon <= 0 || text!.Length > MaxLength || !IsPort(text.AsSpan(colon + 1), out var port))
        {
            return false;
        }

        var host = text[..colon];
        target = new(host.Trim('[', ']'), port);
        return (IsName(host) || IsPublicAddress(host)) && target.ToString() == text;
    }

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>A last label that begins with a digit is no domain's, and is how addresses hide: 127.1, 0x7f.1, 1.2.3.</summary>
    private static bool IsName(string host)
    {
        var labels = host.Split('.');
        return host.Length <= 253 && labels.Length >= 2 && !char.IsAsciiDigit(labels[^1].FirstOrDefault('0')) && labels.All(IsLabel);
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static bool IsPublicAddress(string host)
    {
        var bare = host.Length > 2 && host[0] == '[' && host[^1] == ']' ? host[1..^1] : host;
        return !bare.Contains('%', StringComparison.Ordinal) && IPAddress.TryParse(bare, out var address) && address.ToString() == bare
            && address.AddressFamily == AddressFamily.InterNetworkV6 == bare.Length < host.Length && PublicAddress.IsPublic(address);
    }

    private static bool IsPort(ReadOnlySpan<char> text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65_535;
}

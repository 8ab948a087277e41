using System.Net;

namespace Hypernode.Contracts.Jobs;

/// <summary>
/// Which addresses are the public Internet's. Everything else (this machine, its neighbours, its cloud's metadata, carriers, groups,
/// documentation, and what wraps an IPv4 address in an IPv6 one) is nothing that a stranger's job may reach from a provider's machine.
/// </summary>
public static class PublicAddress
{
    private static readonly IPNetwork[] NotPublic =
    [
        .. ((string[])
        [
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        ]).Select(n => IPNetwork.Parse(n)),
    ];

    /// <summary>All that is given out as global unicast; mapped, translated, unique-local and link-local addresses are outside of it.</summary>
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    public static bool IsPublic(IPAddress address) =>
        // Networks are compared by the address that a mapped one wraps, which is not how it would be reached.
        !address.IsIPv4MappedToIPv6
        && (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork || GlobalUnicast.Contains(address))
        && !NotPublic.Any(n => n.Contains(address));
}

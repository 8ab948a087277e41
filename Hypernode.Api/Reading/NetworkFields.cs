using Hypernode.Contracts.Jobs;

namespace Hypernode.Api.Reading;

/// <summary>Reads what a job may reach, and which network modes a node sells.</summary>
internal static class NetworkFields
{
    private static readonly string[] Modes = ["none", "allowlist", "full"];

    public static (NetworkMode Mode, IReadOnlyList<string>? Allow) ReadJob(JsonFields job)
    {
        var mode = (NetworkMode?)job.OneOf("network", Modes, required: false) ?? NetworkMode.None;
        var allow = job.Texts("networkAllow", 1, NetworkTarget.MaxCount, NetworkTarget.MaxLength, required: mode == NetworkMode.Allowlist);
        if (allow is null)
        {
            return (mode, null);
        }

        if (mode != NetworkMode.Allowlist)
        {
            job.Errors.Add(job.At("networkAllow"), "one-of", "only goes with the network allowlist");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < allow.Count; i++)
        {
            // What is no text, or too long a one, has been noted.
            if (allow[i].Length is 0 or > NetworkTarget.MaxLength)
            {
                continue;
            }

            if (!NetworkTarget.TryParse(allow[i], out _))
            {
                job.Errors.Add(
                    $"{job.At("networkAllow")}/{i}", "malformed",
                    "must be host:port with a domain name in lower case, a public IPv4 address or a public [IPv6] address, in its shortest form");
            }
            else if (!seen.Add(allow[i]))
            {
                job.Errors.Add($"{job.At("networkAllow")}/{i}", "duplicate", "is there already");
            }
        }

        return (mode, allow);
    }

    public static string Word(NetworkMode mode) => Modes[(int)mode];

    /// <returns>In their order, without <c>none</c>; null when there are no others: the offer's hash has one form for one meaning.</returns>
    public static IReadOnlyList<NetworkMode>? ReadOffer(JsonFields offer)
    {
        const string name = "networkModes";
        var words = offer.Texts(name, 1, Modes.Length - 1, 16, required: false);
        if (words is null)
        {
            return null;
        }

        var modes = words.Select(w => (NetworkMode)Array.FindIndex(Modes, m => string.Equals(m, w, StringComparison.OrdinalIgnoreCase))).ToList();
        for (var i = 0; i < modes.Count; i++)
        {
            if (modes[i] <= NetworkMode.None)
            {
                offer.Errors.Add($"{offer.At(name)}/{i}", "unknown-value", "must be one of allowlist, full; none is always given");
            }
            else if (i > 0 && modes[i] <= modes[i - 1])
            {
                offer.Errors.Add($"{offer.At(name)}/{i}", "duplicate", "each mode once, allowlist before full");
            }
        }

        return modes;
    }
}

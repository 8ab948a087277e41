using System.Net;
using Hypernode.Contracts.Jobs;

namespace Hypernode.NodeAgent.Network;

/// <summary>What one job may reach: decided by name before it is looked up, and by address after.</summary>
/// <param name="targets">Null: any public address (mode <c>full</c>).</param>
/// <param name="refused">The operator's own networks that have public addresses.</param>
internal sealed class EgressPolicy(IReadOnlyCollection<NetworkTarget>? targets, IReadOnlyList<IPNetwork> refused, Func<IPAddress, bool> isThisMachine)
{
    /// <summary>Mail between servers: no job of a stranger sends it in the provider's name.</summary>
    private const int MailPort = 25;

    public static EgressPolicy Of(JobSpec spec, IReadOnlyList<IPNetwork> refused, Func<IPAddress, bool> isThisMachine) => new(
        spec.Network == NetworkMode.Full ? null : [.. (spec.NetworkAllow ?? []).Select(t => NetworkTarget.TryParse(t, out var target) ? target : throw new FormatException(t))],
        refused,
        isThisMachine);

    /// <returns>Null: it may be looked up. Else why not.</returns>
    public string? RefusalOf(NetworkTarget target) =>
        target.Port == MailPort ? "mail is not sent from here"
        : targets is not null && !targets.Contains(target) ? "not on the job's list"
        : null;

    /// <summary>Those of a name's addresses that may be connected to, which are the ones to connect to: nothing is looked up twice.</summary>
    public IReadOnlyList<IPAddress> Allowed(IEnumerable<IPAddress> addresses) =>
        [.. addresses.Where(a => PublicAddress.IsPublic(a) && !refused.Any(n => n.Contains(a)) && !isThisMachine(a))];
}

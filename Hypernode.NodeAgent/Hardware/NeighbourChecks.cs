using Hypernode.Contracts.Nodes;

namespace Hypernode.NodeAgent.Hardware;

/// <summary>What the node talks to, and by which key and clock it is known there.</summary>
internal sealed class NeighbourChecks(AgentOptions options, Surroundings surroundings, INeighbours neighbours, IMachine machine, TimeProvider time)
{
    public const string SetClock = "switch time synchronisation on: timedatectl set-ntp true";

    private const string NoApi = "no API is set";
    private static readonly TimeSpan Registrable = TimeSpan.FromMinutes(5); // beyond it the API refuses what we sign
    private static readonly TimeSpan Accurate = TimeSpan.FromSeconds(3);

    public Task<CheckResult> KeyAsync(string name, CancellationToken cancellationToken)
    {
        if (options.KeyFile.Length == 0)
        {
            return Task.FromResult(new CheckResult(name, CheckState.Failed, "no key file is set", "hn node join makes one and sets Hypernode:Agent:KeyFile"));
        }

        return Task.FromResult(machine.Key(options.KeyFile) switch
        {
            null => new CheckResult(name, CheckState.Failed, $"{options.KeyFile} is not there", "restore it from its backup: the node is bound to it; for a new node, hn node join"),
            { Key: null } => new(name, CheckState.Failed, $"{options.KeyFile} is no key file", "restore it from its backup"),
            { OwnerOnly: false } => new(name, CheckState.Failed, $"{options.KeyFile} is open to others", $"chmod 600 {options.KeyFile}"),
            { Key: { } key } => new(name, CheckState.Ok, $"{key}, mode 0600"),
        });
    }

    public async Task<CheckResult> NetworkAsync(string name, CancellationToken cancellationToken)
    {
        var broker = Uri.TryCreate(options.Broker, UriKind.Absolute, out var uri) ? uri : null;
        var hosts = new[] { surroundings.Api, surroundings.Rpc, broker }.OfType<Uri>().Select(u => u.DnsSafeHost).Distinct(StringComparer.Ordinal).ToList();
        foreach (var host in hosts)
        {
            if (await neighbours.ResolveAsync(host, cancellationToken) == 0)
            {
                return new(name, CheckState.Failed, $"{host} has no address", "check /etc/resolv.conf");
            }
        }

        return new(name, CheckState.Ok, hosts.Count == 0 ? "no neighbour is set" : $"{string.Join(", ", hosts)} can be found");
    }

    public async Task<CheckResult> ApiAsync(string name, CancellationToken cancellationToken)
    {
        if (surroundings.Api is not { } api)
        {
            return new(name, CheckState.Note, NoApi, "--api URL, or hn node join, which keeps it");
        }

        var facts = await neighbours.ApiAsync(api, cancellationToken);
        return facts.Ready
            ? new(name, CheckState.Ok, $"{api} is {facts.Detail}")
            : new(name, CheckState.Failed, $"{api} is {facts.Detail}", "wait: the control plane is not ready; the agent tries on by itself");
    }

    public async Task<CheckResult> RegistrationAsync(string name, CancellationToken cancellationToken)
    {
        if (surroundings.Api is not { } api || options.Node == default)
        {
            return new(name, CheckState.Note, surroundings.Api is null ? NoApi : "no node id is set", "hn node join");
        }

        var node = await neighbours.NodeAsync(api, options.Node, cancellationToken);
        if (node is null)
        {
            return new(name, CheckState.Failed, $"{api} does not know the node {options.Node}", "hn node join");
        }

        var ours = options.KeyFile.Length > 0 ? machine.Key(options.KeyFile)?.Key?.ToString() : null;
        if (ours is not null && ours != node.NodeKey)
        {
            return new(name, CheckState.Failed, $"the node {options.Node} is registered with the key {node.NodeKey}, ours is {ours}", "restore the node's key file from its backup");
        }

        return Enum.TryParse<NodeStatus>(node.Status, ignoreCase: true, out var status) && status is NodeStatus.Jailed or NodeStatus.Slashed or NodeStatus.Retired
            ? new(name, CheckState.Failed, $"the node is {node.Status}: it gets no jobs", "see hn node status; a slash can be appealed within its window")
            : new(name, CheckState.Ok, $"{options.Node}, {node.Status}");
    }

    public async Task<CheckResult> ClockAsync(string name, CancellationToken cancellationToken)
    {
        if (surroundings.Api is not { } api)
        {
            return new(name, CheckState.Note, $"{NoApi}: nothing to compare the clock with", "--api URL");
        }

        var facts = await neighbours.ApiAsync(api, cancellationToken);
        return facts.Date is { } date ? Skew(name, date, "the API's", CheckState.Failed) : new(name, CheckState.Note, "the API tells no time", "nothing to mend here");
    }

    public async Task<CheckResult> ChainClockAsync(string name, CancellationToken cancellationToken) => surroundings.Rpc is { } rpc
        ? Skew(name, await neighbours.ChainTimeAsync(rpc, cancellationToken), "the chain's", CheckState.Note)
        : new(name, CheckState.Note, "no RPC node is set", "--rpc URL, or hn node join, which keeps it");

    public async Task<CheckResult> BrokerAsync(string name, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(options.Broker, UriKind.Absolute, out var broker))
        {
            return new(name, CheckState.Failed, "no broker is set: no job can come", "hn node join asks the API for it; --broker amqps://… sets it");
        }

        if (options.KeyFile.Length == 0)
        {
            return new(name, CheckState.Failed, "the node's key lets it in, and no key file is set", "hn node join makes one and sets Hypernode:Agent:KeyFile");
        }

        await neighbours.BrokerAsync(options, cancellationToken);
        return new(name, CheckState.Ok, $"{broker.Host} lets the node in");
    }

    private CheckResult Skew(string name, DateTimeOffset theirs, string whose, CheckState weight)
    {
        // Whole seconds come from there, and a second is lost on the way.
        var skew = time.GetUtcNow() - theirs;
        var said = $"{(skew < TimeSpan.Zero ? "behind" : "ahead of")} {whose} by {skew.Duration().TotalSeconds:0} s";
        return skew.Duration() > Registrable ? new(name, weight, said, SetClock)
            : skew.Duration() > Accurate ? new(name, CheckState.Note, said, SetClock)
            : new(name, CheckState.Ok, $"within {Accurate.TotalSeconds:0} s of {whose}");
    }
}

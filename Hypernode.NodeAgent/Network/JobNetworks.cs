using System.Collections.Concurrent;
using System.Net;
using Hypernode.Contracts.Jobs;
using Hypernode.NodeAgent.Adapters.Network;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Leases;
using Microsoft.Extensions.Logging;

namespace Hypernode.NodeAgent.Network;

/// <summary>
/// Gives an attempt's container the network that its job asked for, once it runs, and takes it back. An adopted container, whose proxy
/// has died with the agent, gets a new one in the same place.
/// </summary>
internal sealed class JobNetworks(AgentOptions options, IContainerEngine engine, IEgress egress, ProxyLimits limits, TimeProvider time, ILogger logger)
{
    /// <summary>In the attempt's /in: a script that has a network waits for it, so that its first request does not come too early.</summary>
    public const string ReadyName = ".network";

    private readonly ConcurrentDictionary<Lease, JobProxy> _open = [];

    /// <summary>What the options say of the world.</summary>
    public static JobNetworks Of(AgentOptions options, IContainerEngine engine, IEgress? egress, TimeProvider time, ILogger logger) => new(
        options, engine, egress ?? new MachineEgress(options.NetworkNamespace), new ProxyLimits { Bytes = options.MaxNetworkMb * 1024L * 1024 }, time, logger);

    /// <summary>For the line with which an attempt begins.</summary>
    public static string Describe(JobSpec spec) => spec.Network switch
    {
        NetworkMode.Allowlist => $"network allowlist ({string.Join(", ", spec.NetworkAllow ?? [])})",
        NetworkMode.Full => "network full",
        _ => "network none",
    };

    /// <summary>Nothing to do for a job without a network, or one that has ended meanwhile.</summary>
    /// <exception cref="IOException">It can't be had on this machine.</exception>
    public async Task OpenAsync(Lease lease, string container, CancellationToken cancellationToken)
    {
        var spec = lease.Command.Spec;
        if (spec.Network == NetworkMode.None || _open.ContainsKey(lease) || await EnterAsync(container, cancellationToken) is not { } network)
        {
            return;
        }

        using (network)
        {
            var policy = EgressPolicy.Of(spec, [.. options.NetworkRefused.Select(n => IPNetwork.Parse(n))], egress.IsThisMachine);
            if (JobDoor.Open(network, JobProxy.Port) is { } door)
            {
                _open[lease] = new JobProxy(door, policy, egress, limits, time, lease.Log.Say);
            }
            else
            {
                lease.Log.Say($"network: the job has taken port {JobProxy.Port} itself, and has no network");
            }
        }

        await File.WriteAllBytesAsync(Path.Combine(lease.Folder, "in", ReadyName), [], cancellationToken);
    }

    /// <summary>When this returns nothing of the job's is on its way any more, and the log says how much was. Closing twice is no error.</summary>
    public async Task CloseAsync(Lease lease)
    {
        if (_open.TryRemove(lease, out var proxy))
        {
            await proxy.DisposeAsync();
            lease.Log.Say(proxy.Summary);
        }
    }

    /// <summary>For an agent that is dropped: what the jobs have open ends with it, as at a crash.</summary>
    public async Task DropAsync()
    {
        foreach (var lease in _open.Keys)
        {
            if (_open.TryRemove(lease, out var proxy))
            {
                await proxy.DisposeAsync();
            }
        }
    }

    /// <summary>
    /// A process number may be given to another process at any moment. What is held open is the container's own namespace if the
    /// container, asked again, still runs as the same process.
    /// </summary>
    private async Task<NetworkNamespace?> EnterAsync(string container, CancellationToken cancellationToken)
    {
        if (await engine.InspectAsync(container, cancellationToken) is not { Status: ContainerStatus.Running, Pid: > 0 and var pid })
        {
            return null;
        }

        NetworkNamespace? network = null;
        try
        {
            network = NetworkNamespace.OfProcess(pid);
            if (await engine.InspectAsync(container, cancellationToken) is { Status: ContainerStatus.Running } again && again.Pid == pid)
            {
                return network;
            }
        }
        catch (FileNotFoundException)
        {
            logger.LogInformation("container {Container} has ended before its network was there", container);
        }
        catch (DirectoryNotFoundException)
        {
            logger.LogInformation("container {Container} has ended before its network was there", container);
        }

        network?.Dispose();
        return null;
    }
}

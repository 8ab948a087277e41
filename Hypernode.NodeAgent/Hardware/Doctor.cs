using System.Net.Sockets;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Hardware;

/// <summary>Looks at everything that a job needs on this machine, and says how to mend what fails.</summary>
public sealed class Doctor(AgentOptions options, Surroundings surroundings, IMachine machine, INeighbours neighbours, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly EngineChecks _engine = new(options, machine);
    private readonly GpuChecks _gpus = new(options, machine);
    private readonly NeighbourChecks _neighbours = new(options, surroundings, neighbours, machine, time);

    /// <summary>All checks, in an order in which the first failure explains the later ones.</summary>
    public async Task<IReadOnlyList<CheckResult>> RunAsync(CancellationToken cancellationToken)
    {
        var results = new List<CheckResult>
        {
            await GuardAsync("engine", EngineChecks.InstallEngine, _engine.EngineAsync, cancellationToken),
            await GuardAsync("live-restore", EngineChecks.InstallEngine, _engine.LiveRestoreAsync, cancellationToken, CheckState.Note),
            await GuardAsync("cgroups", "boot with cgroups mounted: mount | grep cgroup shows them", _engine.CgroupsAsync, cancellationToken),
            await GuardAsync("runtime", EngineChecks.InstallEngine, _engine.RuntimeAsync, cancellationToken),
            await GuardAsync("images", EngineChecks.InstallEngine, _engine.ImagesAsync, cancellationToken),
            await GuardAsync("disk", "let Hypernode:Agent:DataFolder name a folder that can be written", _engine.DiskAsync, cancellationToken),
            await GuardAsync("output-quota", "let Hypernode:Agent:DataFolder name a folder that can be written", _engine.OutputQuotaAsync, cancellationToken),
            await GuardAsync("network-modes", "run the agent as root on Linux", _engine.NetworkModesAsync, cancellationToken),
            await GuardAsync("gpu", EngineChecks.InstallEngine, _gpus.GpuAsync, cancellationToken),
            await GuardAsync("key", "hn node join makes it", _neighbours.KeyAsync, cancellationToken),
            await GuardAsync("network", "check /etc/resolv.conf and the firewall", _neighbours.NetworkAsync, cancellationToken),
            await GuardAsync("api", "check the API's address (--api) and the firewall", _neighbours.ApiAsync, cancellationToken),
            await GuardAsync("registration", "hn node join", _neighbours.RegistrationAsync, cancellationToken),
            await GuardAsync("clock", NeighbourChecks.SetClock, _neighbours.ClockAsync, cancellationToken),
            await GuardAsync("chain-clock", "check the RPC node's address (--rpc) and the firewall", _neighbours.ChainClockAsync, cancellationToken, CheckState.Note),
            await GuardAsync("broker", "check Hypernode:Agent:Broker, and by hn node status that the node is in good standing", _neighbours.BrokerAsync, cancellationToken),
        };
        return results;
    }

    public static bool CanRunJobs(IEnumerable<CheckResult> results) => results.All(r => r.State != CheckState.Failed);

    /// <summary>What breaks off is a finding too: one check never keeps the others from being made.</summary>
    /// <param name="weight">What a failure means for jobs.</param>
    private async Task<CheckResult> GuardAsync(
        string name, string remedy, Func<string, CancellationToken, Task<CheckResult>> check, CancellationToken cancellationToken, CheckState weight = CheckState.Failed)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await check(name, both.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new CheckResult(name, weight, "no answer in time", remedy);
        }
        catch (Exception e) when (e is EngineUnavailableException or EngineRefusedException or HttpRequestException or IOException or SocketException
            or UnauthorizedAccessException or InvalidDataException or FormatException or System.Text.Json.JsonException
            or Solana.RpcException or Solana.RpcTransportException)
        {
            return new CheckResult(name, weight, e.Message, remedy);
        }
    }
}

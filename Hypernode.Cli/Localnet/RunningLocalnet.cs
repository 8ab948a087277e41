using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Stack;
using Hypernode.Solana;

namespace Hypernode.Cli.Localnet;

/// <summary>A localnet that is set up, and the addresses on it.</summary>
internal sealed class RunningLocalnet : IAsyncDisposable
{
    private readonly ChildProcess _node;

    private RunningLocalnet(ChildProcess node, JsonObject addresses)
    {
        _node = node;
        Addresses = addresses;
    }

    /// <summary>rpc, ws, genesis, programs, config, configs, mints, vaults, oracles, authorities, wallet, keys (the folder).</summary>
    public JsonObject Addresses { get; }

    /// <exception cref="CliException">a port is taken, the node does not start, or the chain of the folder is another one's</exception>
    public static async Task<RunningLocalnet> StartAsync(
        Repository repository, LocalnetPlan plan, CleanupGuard guard, TimeProvider time, Action<string> say, CancellationToken cancellationToken)
    {
        RequireFree(plan.Port);
        var data = plan.Data ?? Directory.CreateTempSubdirectory("hypernode-localnet-").FullName;
        Directory.CreateDirectory(data);
        if (plan.Data is null)
        {
            guard.Announce($"rm -rf {Shell.Quote(data)}");
        }

        List<string> arguments =
        [
            repository.Localnet, "--port", $"{plan.Port}", "--data", Path.Combine(data, "ledger"), "--slot-ms", $"{plan.SlotMs}", "--finalized-after", $"{plan.FinalizedAfter}", "--until-stdin-closes",
        ];
        arguments.AddRange(plan.Faults ? ["--faults"] : []);
        arguments.AddRange(plan.Controls ? ["--controls"] : []);
        var node = ChildProcess.Start("localnet", Path.Combine(data, "logs"), guard, "node", arguments);
        try
        {
            var ready = (JsonObject)JsonNode.Parse(await ReadyAsync(node, time, cancellationToken))!;
            say("deploying the programs, making the mints, initialising the config");
            var config = Path.Combine(data, "localnet.json");
            var keys = Path.Combine(data, "keys");
            HostConfig.Write(config, HostConfig.Chain(ready["rpc"]!.GetValue<string>(), keys, plan.Hyper));
            var answer = await Shell.RunAsync("dotnet", [repository.HostProgram, "chain", "--config", config], null, static _ => { }, cancellationToken, guard);
            var addresses = (JsonObject)JsonNode.Parse(answer)!;
            using var wallet = KeyFile.LoadOrCreate(Path.Combine(keys, "payer.json"));
            foreach (var (name, value) in addresses.ToList())
            {
                addresses.Remove(name);
                ready[name] = value;
            }

            ready["wallet"] = wallet.PublicKey.Key;
            ready["keys"] = keys;
            return new RunningLocalnet(node, ready);
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public int ProcessId => _node.Id;

    public Task EndedAsync(CancellationToken cancellationToken) => _node.WaitForExitAsync(cancellationToken);

    public string Tail() => _node.Tail();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    /// <summary>Found out before anything is started, so that it is said in one sentence.</summary>
    private static void RequireFree(int port)
    {
        foreach (var wanted in port == 0 ? [] : (int[])[port, port + 1])
        {
            if (!Ports.IsFree(wanted))
            {
                throw new CliException(
                    $"port {wanted} is taken{(wanted == port ? "" : $" (subscriptions are one port above --port {port})")}: choose another with --port, or let 0 take free ones");
            }
        }
    }

    private static async Task<string> ReadyAsync(ChildProcess node, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await node.FirstLine.WaitAsync(TimeSpan.FromSeconds(60), time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new CliException($"the localnet was not ready within a minute:\n{node.Tail()}", e);
        }
        catch (CliException e)
        {
            throw new CliException($"the localnet does not start:\n{node.Tail()}", e);
        }
    }
}

using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Solana;
using Hypernode.Solana.NodeRegistry;
using ChainStatus = Hypernode.Solana.NodeRegistry.NodeStatus;
using NodeStatus = Hypernode.Contracts.Nodes.NodeStatus;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>Every node account of the registry, as it is confirmed.</summary>
public sealed class SolanaNodeRegistry(IRpcClient rpc, NodeRegistryProgram program) : INodeRegistry
{
    private readonly NodeRegistryReader _reader = new(rpc, program);

    /// <exception cref="IOException">The chain does not answer; nothing is known.</exception>
    public async Task<IReadOnlyList<RegistryEntry>> ListAsync(CancellationToken cancellationToken)
    {
        try
        {
            var nodes = await _reader.ListNodesAsync(cancellationToken);
            return [.. nodes.Where(n => Of(n.Status) is not null).Select(n => new RegistryEntry(
                new NodeId(n.NodeId), WalletAddress.FromBytes(n.NodeKey.AsSpan()), WalletAddress.FromBytes(n.Authority.AsSpan()), Of(n.Status)!.Value))];
        }
        catch (Exception e) when (e is RpcException or RpcTransportException or FormatException)
        {
            throw new IOException($"The node registry can't be asked now: {e.Message}", e);
        }
    }

    /// <summary>By name: the numbers differ. Null: a newer program's; such a node's standing is left as it is.</summary>
    private static NodeStatus? Of(ChainStatus status) => status switch
    {
        ChainStatus.Active => NodeStatus.Active,
        ChainStatus.Offline => NodeStatus.Offline,
        ChainStatus.Draining => NodeStatus.Draining,
        ChainStatus.Jailed => NodeStatus.Jailed,
        ChainStatus.Slashed => NodeStatus.Slashed,
        ChainStatus.Retired => NodeStatus.Retired,
        _ => null,
    };
}

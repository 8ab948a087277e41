using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;
using Hypernode.Solana.NodeRegistry;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>The accounts of the two programs that hold money, as they are confirmed. It needs addresses only.</summary>
public sealed class SolanaChainFacts(IRpcClient rpc, FacilitatorProgram facilitator, NodeRegistryProgram registry) : IChainFacts
{
    private readonly FacilitatorReader _payments = new(rpc, facilitator);
    private readonly NodeRegistryReader _nodes = new(rpc, registry);

    public Task<IReadOnlyList<PaymentFacts>> PaymentsAsync(IReadOnlyList<IntentId> intents, CancellationToken cancellationToken) => AskAsync<IReadOnlyList<PaymentFacts>>(async () =>
    {
        // A payment and its escrow in one answer: of one slot, or a settlement in between would look like a theft.
        var accounts = new List<AccountInfo?>();
        foreach (var some in intents.Chunk(50))
        {
            accounts.AddRange(await rpc.GetMultipleAccountsAsync(
                [.. some.SelectMany(i => new[] { facilitator.PaymentAddress(i.Value), facilitator.EscrowAddress(i.Value) })], cancellation: cancellationToken));
        }

        return
        [
            .. accounts.Chunk(2).Select(pair => new PaymentFacts(
                PaymentIntentAccount.From(pair[0], facilitator.ProgramIdKey)?.ToView(facilitator, null), TokenAccount.From(pair[1])?.Amount ?? 0)),
        ];
    });

    public Task<IReadOnlyList<EscrowView>> OpenAsync(CancellationToken cancellationToken) => AskAsync<IReadOnlyList<EscrowView>>(async () =>
        [.. (await _payments.ListPaymentsAsync(PaymentStatus.Pending, cancellationToken)).Select(p => p.ToView(facilitator, null))]);

    public Task<IReadOnlyList<StakeFacts>> StakesAsync(CancellationToken cancellationToken) => AskAsync<IReadOnlyList<StakeFacts>>(async () =>
    {
        // Incidents first: one that comes in between makes the node look accused of more, and is seen by the second look.
        var incidents = (await _nodes.ListIncidentsAsync(cancellationToken)).ToLookup(i => i.NodeId);
        var nodes = await _nodes.ListNodesAsync(cancellationToken);
        var held = await rpc.GetMultipleAccountsAsync([.. nodes.Select(n => registry.StakeAddress(n.NodeId))], cancellation: cancellationToken);
        return
        [
            .. nodes.Select((n, i) => new StakeFacts(
                new NodeId(n.NodeId), n.StakeAmount, n.Unstaking, TokenAccount.From(held[i])?.Amount ?? 0, n.PendingSlash, n.PendingIncidents, n.SlashedTotal,
                [.. incidents[n.NodeId].Select(x => new IncidentFacts(x.IncidentId, x.Amount, (IncidentState)x.Status))])),
        ];
    });

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (e is RpcException or RpcTransportException or FormatException)
        {
            throw new IOException($"The chain can't be asked now: {e.Message}", e);
        }
    }
}

using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Leases;

/// <summary>
/// SIMULATION of a cheating node, for the forged-receipt scenario and for tests of the oracle: it claims another log than it
/// sent, and signs that with its own proper key. Refused unless <see cref="AgentOptions.AllowSimulations"/> is set.
/// </summary>
internal sealed class SimulatedLiar(NodeId node, INodeSigner signer) : ReceiptWriter(node, signer)
{
    protected override Receipt Finish(Receipt receipt) =>
        receipt with { LogRoot = Hash256.Of([.. "a log that never was"u8, .. receipt.LogRoot.ToBytes()]) };
}

using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.NodeAgent.Execution;

/// <summary>Where a node's job files come from and go to.</summary>
public interface INodeBlobs
{
    /// <param name="folder">The attempt's own: what is not delivered yet may be kept there.</param>
    IAttemptBlobs Of(ExecuteJob command, string folder);
}

/// <summary>The files of one attempt. What is put is safe here; the control plane has it once it is delivered.</summary>
public interface IAttemptBlobs : IBlobStore
{
    /// <summary>Returns when the control plane has confirmed each of these files that were put; an outage is waited out.</summary>
    Task DeliverAsync(IReadOnlyCollection<Hash256> files, CancellationToken cancellationToken);

    /// <summary>What is in an envelope, while it is read.</summary>
    /// <exception cref="DeclinedException">This node opens none.</exception>
    Stream Open(Stream envelope) => throw new DeclinedException("not-a-recipient", "this node opens no envelopes");
}

/// <summary>A store that the control plane has too: what is put is delivered.</summary>
public sealed class SharedBlobs(IBlobStore store) : INodeBlobs, IAttemptBlobs
{
    public IAttemptBlobs Of(ExecuteJob command, string folder) => this;

    public Task<(Hash256 Sha256, long Bytes)> PutAsync(Stream content, long maxBytes, CancellationToken cancellationToken) =>
        store.PutAsync(content, maxBytes, cancellationToken);

    public Task<Stream?> OpenAsync(Hash256 sha256, CancellationToken cancellationToken) => store.OpenAsync(sha256, cancellationToken);

    public Task DeliverAsync(IReadOnlyCollection<Hash256> files, CancellationToken cancellationToken) => Task.CompletedTask;
}

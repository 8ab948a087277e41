using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Leases;
using Hypernode.Solana;

namespace Hypernode.NodeAgent.Execution;

/// <summary>
/// Opens what is sealed to the node, and seals results to the key that the job names, so that nothing readable leaves the machine.
/// What is stored, and what the receipt names, is the envelope.
/// </summary>
internal sealed class EncryptedBlobs(INodeBlobs inner, INodeSigner key) : INodeBlobs
{
    public IAttemptBlobs Of(ExecuteJob command, string folder) =>
        new Attempt(inner.Of(command, folder), key, command.Spec.Encryption is { } wanted ? ResultKeyOf(wanted.ResultKey.ToBytes()) : null);

    /// <exception cref="DeclinedException">Nobody could open the results.</exception>
    private static PublicKey ResultKeyOf(byte[] bytes)
    {
        var result = new PublicKey(bytes);
        return Envelope.CanReceive(result) ? result : throw new DeclinedException("not-a-recipient", "results can't be sealed to the job's result key: nobody has its secret");
    }

    private sealed class Attempt(IAttemptBlobs inner, INodeSigner key, PublicKey? resultKey) : IAttemptBlobs
    {
        public Task<Stream?> OpenAsync(Hash256 sha256, CancellationToken cancellationToken) => inner.OpenAsync(sha256, cancellationToken);

        public async Task<(Hash256 Sha256, long Bytes)> PutAsync(Stream content, long maxBytes, CancellationToken cancellationToken)
        {
            if (resultKey is null)
            {
                return await inner.PutAsync(content, maxBytes, cancellationToken);
            }

            await using var envelope = Envelope.Seal(content, [resultKey]);
            return await inner.PutAsync(envelope, Envelope.LengthOf(maxBytes, recipients: 1), cancellationToken);
        }

        public Task DeliverAsync(IReadOnlyCollection<Hash256> files, CancellationToken cancellationToken) => inner.DeliverAsync(files, cancellationToken);

        public Stream Open(Stream envelope) =>
            key.Open(envelope) ?? throw new DeclinedException("not-a-recipient", "this node's key only signs: it opens no envelopes");
    }
}

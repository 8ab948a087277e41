using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Ports;

/// <summary>Content-addressed files: scripts, inputs, outputs.</summary>
public interface IBlobStore
{
    /// <summary>Stores the content under its own hash; atomic, idempotent.</summary>
    /// <exception cref="InvalidDataException">More than <paramref name="maxBytes"/>.</exception>
    Task<(Hash256 Sha256, long Bytes)> PutAsync(Stream content, long maxBytes, CancellationToken cancellationToken);

    /// <summary>Null: not here. The caller disposes the stream (seekable).</summary>
    Task<Stream?> OpenAsync(Hash256 sha256, CancellationToken cancellationToken);
}

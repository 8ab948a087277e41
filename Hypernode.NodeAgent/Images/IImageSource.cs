using System.Runtime.InteropServices;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Images;

/// <summary>An engine that fetches images, and throws them away.</summary>
internal interface IImageSource
{
    /// <summary>Returns when the engine has it, checked against its digest by the engine.</summary>
    /// <param name="maxBytes">Given up when its layers say that they are more; 0: no cap.</param>
    /// <exception cref="ImagePullException">Not to be had; the message is the engine's reason.</exception>
    Task PullAsync(ImageReference image, long maxBytes, Action<PullProgress> progress, CancellationToken cancellationToken);

    /// <summary>Unpacked bytes of an image and whether anybody else has given it a name; null: the engine does not have it.</summary>
    Task<(long Bytes, bool NamedByOthers)?> DescribeAsync(ImageReference image, CancellationToken cancellationToken);

    /// <returns>False: a container, running or not, is made from it.</returns>
    Task<bool> RemoveAsync(ImageReference image, CancellationToken cancellationToken);
}

internal sealed class ImagePullException(string message) : Exception(message);

/// <param name="Bytes">Packed, of what has come so far.</param>
/// <param name="TotalBytes">Packed, of the layers that have said how large they are; it grows while they do.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PullProgress(int LayersDone, int Layers, long Bytes, long TotalBytes)
{
    public override string ToString() => $"{LayersDone} of {Layers} layers, {Bytes >> 20} of {TotalBytes >> 20} MiB";
}

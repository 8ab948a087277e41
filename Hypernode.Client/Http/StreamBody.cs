using System.Net;

namespace Hypernode.Client;

/// <summary>A stream from where it stands, for each try anew; the stream stays its owner's.</summary>
internal sealed class StreamBody(Stream stream, long start) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream target, TransportContext? context) => SerializeToStreamAsync(target, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream target, TransportContext? context, CancellationToken cancellationToken)
    {
        stream.Position = start;
        await stream.CopyToAsync(target, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = stream.Length - start;
        return true;
    }
}

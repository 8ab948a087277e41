using System.Threading.Channels;

namespace Hypernode.NodeAgent.Leases;

/// <summary>A bell: rung any number of times before somebody hears it, it is heard once.</summary>
internal sealed class Signal
{
    private readonly Channel<bool> _rung = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Ring() => _rung.Writer.TryWrite(true);

    public async Task HeardAsync(CancellationToken cancellationToken) => await _rung.Reader.ReadAsync(cancellationToken);
}

using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Tests.Fakes;

public sealed class CountingIds : IIdSource
{
    private int _count;

    public Guid NewId() => new(Interlocked.Increment(ref _count), 0, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 1);

    public Hash256 NewSecret() => Hash256.Of(BitConverter.GetBytes(Interlocked.Increment(ref _count)));
}

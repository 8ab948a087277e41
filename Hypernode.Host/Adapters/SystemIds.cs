using System.Security.Cryptography;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Host.Adapters;

internal sealed class SystemIds : IIdSource
{
    /// <summary>Version 7: rows that are made together lie together.</summary>
    public Guid NewId() => Guid.CreateVersion7();

    public Hash256 NewSecret() => Hash256.FromBytes(RandomNumberGenerator.GetBytes(32));
}

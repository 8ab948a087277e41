using System.Security.Cryptography;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Cli.Adapters;

internal sealed class SystemIds : IIdSource
{
    public Guid NewId() => Guid.NewGuid();

    public Hash256 NewSecret() => Hash256.FromBytes(RandomNumberGenerator.GetBytes(32));
}

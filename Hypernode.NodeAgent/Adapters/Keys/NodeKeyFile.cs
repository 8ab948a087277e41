using Hypernode.NodeAgent.Leases;
using Hypernode.Solana;

namespace Hypernode.NodeAgent.Adapters.Keys;

/// <summary>The node's key as the Solana CLI keeps keys: a JSON array of 64 numbers, mode 0600.</summary>
public static class NodeKeyFile
{
    /// <exception cref="FormatException">Not such a file; the message names the file, never its content.</exception>
    public static INodeSigner Load(string path) => new AccountSigner(KeyFile.Load(path));
}

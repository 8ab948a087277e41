using Hypernode.Contracts.Intents;
using Hypernode.Solana;

namespace Hypernode.Cli.Client;

/// <summary>A key of a file as a wallet. Transactions are signed elsewhere: they are held against the chain first (<see cref="CheckedIntent"/>).</summary>
internal sealed class AccountSigner(Account account) : IWalletSigner
{
    public WalletAddress Address { get; } = WalletAddress.FromBytes(account.PublicKey.AsSpan());

    public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken) => new(account.Sign(message.ToArray()));
}

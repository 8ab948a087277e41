using Hypernode.Solana;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>
/// USDC on localnets: a mock mint at USDC's devnet address, because stock x402 clients pay in stablecoins that they know by
/// address. Our localnet puts it there; its authority's key follows from a published text, so anyone can make this money.
/// </summary>
public static class MockUsdc
{
    public static PublicKey Mint { get; } = new("4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU");

    public static Account NewAuthority() => Account.FromSeed(System.Security.Cryptography.SHA256.HashData("hypernode-localnet/mock-usdc/v1"u8));
}

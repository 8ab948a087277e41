using Hypernode.Contracts.Intents;

namespace Hypernode.Client;

/// <summary>What a wallet signs to pay for a job.</summary>
public enum Funding
{
    /// <summary>The intent's text; the wallet has approved its allowance before, once.</summary>
    Intent,

    /// <summary>A transaction that carries the text; no allowance is needed.</summary>
    Transaction,
}

/// <summary>A key that signs; it stays where it is.</summary>
public interface IWalletSigner
{
    WalletAddress Address { get; }

    /// <returns>The 64 bytes of the Ed25519 signature over the message.</returns>
    ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken);

    /// <summary>Only for <see cref="Funding.Transaction"/>. Whoever signs it has to see for himself that it pays this intent and does nothing else.</summary>
    /// <param name="transaction">Serialized, with room for the signature.</param>
    /// <param name="intent">What it should pay: checked.</param>
    /// <param name="settleBy">Until when it may be held, seconds since the epoch.</param>
    /// <returns>The whole transaction, signed.</returns>
    ValueTask<byte[]> SignTransactionAsync(ReadOnlyMemory<byte> transaction, PaymentIntent intent, long settleBy, CancellationToken cancellationToken) =>
        throw new NotSupportedException("this wallet signs no transactions: pay with Funding.Intent, or implement SignTransactionAsync");
}

/// <summary>A wallet whose key is behind a callback.</summary>
public sealed class WalletSigner(WalletAddress address, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<byte[]>> sign) : IWalletSigner
{
    public WalletAddress Address => address;

    public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken) => sign(message, cancellationToken);
}

/// <summary>The wallet's yes to a prepared intent: one of the two.</summary>
/// <param name="Signature">Over the text, base58.</param>
/// <param name="Transaction">Signed, base64.</param>
public sealed record Agreement(string? Signature = null, string? Transaction = null);

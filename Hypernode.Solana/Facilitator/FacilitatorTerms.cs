namespace Hypernode.Solana.Facilitator;

/// <summary>What initialize writes into Config.</summary>
/// <param name="Cluster">32 bytes</param>
/// <param name="Oracles">five, distinct</param>
/// <param name="Threshold">1 to 5</param>
/// <param name="RefundGrace">seconds</param>
public sealed record InitializeTerms(
    byte[] Cluster, PublicKey Facilitator, PublicKey Assigner, IReadOnlyList<PublicKey> Oracles, byte Threshold, long RefundGrace);

/// <summary>A mint that payments are taken in, of the classic token program and with HYPER's decimals, and where its fees go.</summary>
public sealed record AcceptedMint(PublicKey Mint, PublicKey ProtocolVault, PublicKey PlatformVault);

/// <summary>Keys and vaults that are to replace Config's.</summary>
/// <param name="ProtocolVault">HYPER's, like the next</param>
/// <param name="Oracles">five, distinct</param>
/// <param name="Threshold">3 to 5</param>
/// <param name="Other">a further mint, or other vaults for one that is accepted already</param>
public sealed record RotationTerms(
    PublicKey Facilitator, PublicKey Assigner, PublicKey ProtocolVault, PublicKey PlatformVault, IReadOnlyList<PublicKey> Oracles, byte Threshold,
    AcceptedMint? Other = null);

/// <summary>A signed intent, as the program is told of it; it renders the text itself.</summary>
/// <param name="Amount">base units</param>
/// <param name="TimestampMs">ms since the epoch, as in the text</param>
/// <param name="ExpiresMs">ms since the epoch, as in the text</param>
/// <param name="SpecHash">32 bytes</param>
/// <param name="SettleBy">seconds since the epoch</param>
/// <param name="Salt">32 bytes</param>
public sealed record SignedIntentTerms(
    Guid IntentId, Guid JobId, ulong Amount, ulong TimestampMs, ulong ExpiresMs, byte[] SpecHash, long SettleBy, byte[] Salt);

/// <summary>A payment that the payer signs as a transaction.</summary>
/// <param name="Amount">base units</param>
/// <param name="ExpiresAt">seconds since the epoch</param>
/// <param name="SettleBy">seconds since the epoch</param>
public sealed record PaymentTerms(Guid IntentId, Guid JobId, ulong Amount, long ExpiresAt, long SettleBy);

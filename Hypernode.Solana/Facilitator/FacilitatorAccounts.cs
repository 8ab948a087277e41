namespace Hypernode.Solana.Facilitator;

/// <summary>The program's settings.</summary>
/// <param name="Cluster">32 bytes that stand for the cluster in every signed text: a program can't read its genesis</param>
/// <param name="Facilitator">relays signed intents and pays their rent</param>
/// <param name="Assigner">writes who may be paid</param>
/// <param name="Threshold">how many of the oracles must sign</param>
/// <param name="RefundGrace">seconds after settle_by</param>
/// <param name="Mint">HYPER: signed intents are in it, and the two vaults are for it</param>
/// <param name="Paused">no new payments are taken; settlements and refunds go on</param>
/// <param name="Others">what payments by transaction and deposits may be in, beside HYPER</param>
public sealed record FacilitatorConfig(
    byte[] Cluster,
    PublicKey Facilitator,
    PublicKey Assigner,
    PublicKey Mint,
    PublicKey ProtocolVault,
    PublicKey PlatformVault,
    IReadOnlyList<PublicKey> Oracles,
    byte Threshold,
    long RefundGrace,
    byte Bump,
    bool Paused = false,
    IReadOnlyList<AcceptedMint>? Others = null)
{
    public const int OracleCount = 5;
    public const int OtherMintCount = 3;

    private static readonly byte[] Discriminator = AnchorDiscriminator.Account("Config");

    /// <exception cref="FormatException">not the data of a Config account</exception>
    public static FacilitatorConfig Decode(ReadOnlySpan<byte> data)
    {
        var reader = new WireReader(data);
        reader.Expect(Discriminator, "a Config account");
        var (cluster, facilitator, assigner, mint) = (reader.Bytes(32), reader.Key(), reader.Key(), reader.Key());
        var (protocol, platform) = (reader.Key(), reader.Key());
        var oracles = new PublicKey[OracleCount];
        for (var i = 0; i < oracles.Length; i++)
        {
            oracles[i] = reader.Key();
        }

        var (threshold, grace, bump, paused) = (reader.U8(), reader.I64(), reader.U8(), reader.U8() == 1);
        List<AcceptedMint> others = [];
        for (var i = 0; i < OtherMintCount; i++)
        {
            var other = new AcceptedMint(reader.Key(), reader.Key(), reader.Key());
            if (other.Mint != PublicKey.Default)
            {
                others.Add(other);
            }
        }

        return new FacilitatorConfig(cluster, facilitator, assigner, mint, protocol, platform, oracles, threshold, grace, bump, paused, others);
    }

    /// <summary>The vaults of payments in this mint; null when none are taken in it.</summary>
    public AcceptedMint? Accepted(PublicKey mint) =>
        mint == Mint ? new AcceptedMint(Mint, ProtocolVault, PlatformVault) : Others?.FirstOrDefault(o => o.Mint == mint);

    /// <summary>Null unless the account exists and the program owns it.</summary>
    public static FacilitatorConfig? From(AccountInfo? account, PublicKey facilitatorProgram) =>
        account is not null && account.Owner == facilitatorProgram ? Decode(account.Data) : null;
}

public enum PaymentStatus : byte
{
    Pending = 0,
    Completed = 1,
    Refunded = 2,
}

/// <summary>How the payer agreed.</summary>
public enum PaymentVia : byte
{
    SignedIntent = 0,
    Transaction = 1,
    Deposit = 2,
}

/// <summary>One payment, and after it has ended its tombstone. Amounts are base units, times seconds since the epoch.</summary>
/// <param name="Attempt">0: never assigned</param>
/// <param name="AssignedNode">the authority wallet that may be paid; null: none</param>
/// <param name="ExpiresAt">until when it could be locked</param>
/// <param name="SettleBy">settled strictly before, refundable a grace after</param>
/// <param name="ClosableAt">when the tombstone may go</param>
/// <param name="VerifiedAt">0: not settled</param>
public sealed record PaymentIntentAccount(
    Guid IntentId,
    Guid JobId,
    PublicKey Payer,
    PublicKey RentPayer,
    PublicKey Mint,
    ulong Amount,
    PaymentStatus Status,
    PaymentVia Via,
    byte Bump,
    byte EscrowBump,
    uint Attempt,
    PublicKey? AssignedNode,
    long CreatedAt,
    long ExpiresAt,
    long SettleBy,
    long ClosableAt,
    long VerifiedAt,
    ulong Charge,
    byte[] ExecutionHash,
    byte[] LogsHash)
{
    private static readonly byte[] Discriminator = AnchorDiscriminator.Account("PaymentIntent");

    /// <summary>Where the status byte is, for filters.</summary>
    internal const int StatusOffset = AnchorDiscriminator.Size + 16 + 16 + 32 + 32 + 32 + 8;

    internal static ReadOnlySpan<byte> DiscriminatorBytes => Discriminator;

    /// <exception cref="FormatException">not the data of a PaymentIntent account</exception>
    public static PaymentIntentAccount Decode(ReadOnlySpan<byte> data)
    {
        var reader = new WireReader(data);
        reader.Expect(Discriminator, "a PaymentIntent account");
        // A record's arguments are evaluated in order, which is the order on the wire.
        return new PaymentIntentAccount(
            IntentId: reader.Uuid(),
            JobId: reader.Uuid(),
            Payer: reader.Key(),
            RentPayer: reader.Key(),
            Mint: reader.Key(),
            Amount: reader.U64(),
            Status: (PaymentStatus)reader.U8(),
            Via: (PaymentVia)reader.U8(),
            Bump: reader.U8(),
            EscrowBump: reader.U8(),
            Attempt: reader.U32(),
            AssignedNode: reader.Key() is { } node && node != PublicKey.Default ? node : null,
            CreatedAt: reader.I64(),
            ExpiresAt: reader.I64(),
            SettleBy: reader.I64(),
            ClosableAt: reader.I64(),
            VerifiedAt: reader.I64(),
            Charge: reader.U64(),
            ExecutionHash: reader.Bytes(32),
            LogsHash: reader.Bytes(32));
    }

    /// <summary>Null unless the account exists and the program owns it.</summary>
    public static PaymentIntentAccount? From(AccountInfo? account, PublicKey facilitatorProgram) =>
        account is not null && account.Owner == facilitatorProgram ? Decode(account.Data) : null;
}

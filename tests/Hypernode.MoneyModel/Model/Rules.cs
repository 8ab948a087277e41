namespace Hypernode.MoneyModel.Model;

/// <summary>The numbers of the protocol, and what a test may set wrong to see that it is noticed.</summary>
internal sealed record Rules
{
    public ulong MaxLifetimeMs { get; init; } = 24 * 3_600_000;

    public ulong MaxSkewMs { get; init; } = 300_000;

    public long MaxSettleAhead { get; init; } = 7 * 86_400;

    public long MaxAttestationAhead { get; init; } = 86_400;

    public long RotationDelay { get; init; } = 2 * 86_400;

    public long RefundGrace { get; init; } = 60;

    /// <summary>9999-12-31T23:59:59.999Z.</summary>
    public ulong LastMs { get; init; } = 253_402_300_799_999;

    public ulong ProtocolDivisor { get; init; } = 10;

    public ulong PlatformDivisor { get; init; } = 20;

    /// <summary>Does whoever paid the rent of a payment get it back, or whoever asks for it?</summary>
    public bool RentGoesBack { get; init; } = true;

    /// <summary>May a lower attempt replace a higher one?</summary>
    public bool AttemptsRise { get; init; } = true;
}

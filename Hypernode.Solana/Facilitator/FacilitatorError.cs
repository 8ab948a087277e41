namespace Hypernode.Solana.Facilitator;

/// <summary>The facilitator's own errors, the white paper's six first.</summary>
public enum FacilitatorError
{
    UnauthorizedOracle = 6000,
    PaymentExpired = 6001,
    InvalidPaymentStatus = 6002,
    InvalidHashFormat = 6003,
    NodeNotRegistered = 6004,
    InsufficientStake = 6005,
    ZeroAmount = 6006,
    TimestampOutOfRange = 6007,
    SignatureMissing = 6008,
    SignatureOffsets = 6009,
    TextMismatch = 6010,
    PayerMismatch = 6011,
    AllowanceMissing = 6012,
    AllowanceTooSmall = 6013,
    QuorumNotReached = 6014,
    AttestationMismatch = 6015,
    AttestationExpired = 6016,
    ChargeOutOfRange = 6017,
    NotYetRefundable = 6018,
    UnauthorizedFacilitator = 6019,
    UnauthorizedAssigner = 6020,
    AttemptNotRising = 6021,
    NodeNotAssigned = 6022,
    AlreadyAssigned = 6023,
    UnauthorizedUpgradeAuthority = 6024,
    InvariantViolated = 6025,
    UnauthorizedCancel = 6026,
    NotYetClosable = 6027,
    IntakePaused = 6028,
    RotationNotDue = 6029,
    MintNotAccepted = 6030,
    TooManyMints = 6031,
    DepositTooSmall = 6032,
    NotYetReclaimable = 6033,
}

public static class FacilitatorErrors
{
    /// <summary>Null when another program or the runtime refused.</summary>
    public static FacilitatorError? AsFacilitatorError(this ProgramError error, PublicKey facilitator) =>
        error is { Number: { } number } && (error.Program is null || error.Program == facilitator)
            && Enum.IsDefined((FacilitatorError)number)
            ? (FacilitatorError)number
            : null;
}

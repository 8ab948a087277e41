//! The program's errors: the white paper's six first, in its order. Numbers are for ever: only append.

svmkit::errors! {
    UnauthorizedOracle = 6000, "Unauthorized oracle authority";
    PaymentExpired = 6001, "Payment has expired";
    InvalidPaymentStatus = 6002, "Invalid payment status";
    InvalidHashFormat = 6003, "Invalid hash format";
    NodeNotRegistered = 6004, "Node not registered";
    InsufficientStake = 6005, "Insufficient stake";
    ZeroAmount = 6006, "The amount must be greater than zero";
    TimestampOutOfRange = 6007, "A time is out of range";
    SignatureMissing = 6008, "The previous instruction is not the expected Ed25519 verification";
    SignatureOffsets = 6009, "The Ed25519 verification points outside its own instruction";
    TextMismatch = 6010, "The signed text is not the one that these terms render to";
    PayerMismatch = 6011, "The token account does not belong to the payer";
    AllowanceMissing = 6012, "The token account has no allowance for this program";
    AllowanceTooSmall = 6013, "The allowance or the balance is smaller than the amount";
    QuorumNotReached = 6014, "Too few oracles signed";
    AttestationMismatch = 6015, "The attestation is not for this payment, attempt and deployment";
    AttestationExpired = 6016, "The attestation has expired";
    ChargeOutOfRange = 6017, "The charge must be at least one base unit and at most the amount";
    NotYetRefundable = 6018, "The payment cannot be refunded yet";
    UnauthorizedFacilitator = 6019, "Only the facilitator may do this";
    UnauthorizedAssigner = 6020, "Only the assigner may do this";
    AttemptNotRising = 6021, "The attempt must be greater than the last one";
    NodeNotAssigned = 6022, "No node is assigned";
    AlreadyAssigned = 6023, "A node was assigned already";
    UnauthorizedUpgradeAuthority = 6024, "Only the program's upgrade authority may do this";
    InvariantViolated = 6025, "An invariant does not hold";
    UnauthorizedCancel = 6026, "Only the payer or the facilitator may cancel";
    NotYetClosable = 6027, "Something about this payment could still be replayed";
    IntakePaused = 6028, "No new payments are taken at present";
    RotationNotDue = 6029, "The delay of the proposed rotation is not over";
    MintNotAccepted = 6030, "Payments in this mint are not accepted";
    TooManyMints = 6031, "Config has no room for another mint";
    DepositTooSmall = 6032, "The deposit holds less than the amount";
    NotYetReclaimable = 6033, "The deposit can still become a payment";
}

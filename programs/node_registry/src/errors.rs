//! The program's errors. The first six keep the places of the white paper's six, of which the two that speak of a payment
//! speak here of what takes its part. Numbers are for ever: only append.

svmkit::errors! {
    UnauthorizedOracle = 6000, "Unauthorized oracle authority";
    AttestationExpired = 6001, "The attestation has expired";
    InvalidNodeStatus = 6002, "Invalid node status";
    InvalidHashFormat = 6003, "Invalid hash format";
    NodeNotRegistered = 6004, "Node not registered";
    InsufficientStake = 6005, "Insufficient stake";
    ZeroAmount = 6006, "The amount must be greater than zero";
    TimestampOutOfRange = 6007, "A time is out of range";
    SignatureMissing = 6008, "The previous instruction is not the expected Ed25519 verification";
    SignatureOffsets = 6009, "The Ed25519 verification points outside its own instruction";
    QuorumNotReached = 6010, "Too few oracles signed";
    AttestationMismatch = 6011, "The attestation is not for this node, incident and deployment";
    UnauthorizedAuthority = 6012, "Only the node's authority may do this";
    UnauthorizedUpgradeAuthority = 6013, "Only the program's upgrade authority may do this";
    InvariantViolated = 6014, "An invariant does not hold";
    NodeAlreadyRegistered = 6015, "The node id was used already";
    InvalidMetadataUri = 6016, "The metadata's address must be printable ASCII of at most 128 bytes";
    InsufficientBalance = 6017, "The token account holds less than the amount";
    CooldownNotOver = 6018, "The stake is still in its cooldown";
    StakeUnderSlash = 6019, "A pending slash needs this stake";
    SlashAboveStake = 6020, "The slash is more than what is at stake and not yet claimed";
    SlashAboveCap = 6021, "The slash is more than one incident may cost";
    IncidentAlreadyUsed = 6022, "The incident was proposed already";
    InvalidIncidentStatus = 6023, "The slash is not pending";
    AppealWindowOpen = 6024, "The appeal window is still open";
    AppealWindowOver = 6025, "The appeal window is over";
    AlreadyAppealed = 6026, "The slash was appealed already";
    StakeRemains = 6027, "The node still has something at stake, or a slash pending";
    SequenceNotNext = 6028, "The attestation is not the next one of this node";
    TooManyOutcomes = 6029, "An attestation covers 1 to 100 outcomes";
    SlashPending = 6030, "A slash of this node is pending";
    ArithmeticOverflow = 6031, "A sum does not fit";
}

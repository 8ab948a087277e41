//! The program's errors. Numbers are for ever: only append.

svmkit::errors! {
    UnauthorizedUpgradeAuthority = 6000, "Only the program's upgrade authority may do this";
    SplitNotWhole = 6001, "The basis points of a split must sum to 10,000";
    ShardsOutOfRange = 6002, "There must be between 1 and 256 shards";
    DelayOutOfRange = 6003, "The delay of a change must be between one hour and 30 days";
    UnknownFee = 6004, "There is no such fee";
    ShardOutOfRange = 6005, "The shard is beyond the configured count";
    VaultExists = 6006, "The vault exists already";
    NothingToDistribute = 6007, "The vault is empty";
    CalledByProgram = 6008, "This may be called by the transaction itself only";
    NoChangeProposed = 6009, "No change is proposed";
    ChangeNotDue = 6010, "The delay of the proposed change is not over";
    InvariantViolated = 6011, "An invariant does not hold";
}

namespace Hypernode.Solana.Splitter;

/// <summary>The Payment Splitter's own errors.</summary>
public enum PaymentSplitterError
{
    UnauthorizedUpgradeAuthority = 6000,
    SplitNotWhole = 6001,
    ShardsOutOfRange = 6002,
    DelayOutOfRange = 6003,
    UnknownFee = 6004,
    ShardOutOfRange = 6005,
    VaultExists = 6006,
    NothingToDistribute = 6007,
    CalledByProgram = 6008,
    NoChangeProposed = 6009,
    ChangeNotDue = 6010,
    InvariantViolated = 6011,
}

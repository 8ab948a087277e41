namespace Hypernode.Contracts.Jobs;

/// <summary>Why a payer gets everything back.</summary>
public enum RefundReason
{
    Expired = 0,
    Cancelled = 1,
    AttemptsUsedUp = 2,
}

namespace Hypernode.Contracts.Jobs;

/// <summary>What the oracle says of an attempt. The first three lead to payment; their numbers are the program's.</summary>
public enum Verdict
{
    Succeeded = 0,
    JobFault = 1,
    Cancelled = 2,
    NodeFault = 3,
}

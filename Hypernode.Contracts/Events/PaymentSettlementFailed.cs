using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Events;

/// <summary>The chain refuses to settle: settle_by is past, or the payment is not what we think.</summary>
public sealed record PaymentSettlementFailed(JobId JobId, string Code, string Detail, bool CanRetry) : IJobMessage;

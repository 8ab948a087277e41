using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Events;

/// <summary>Not refunded yet; it is asked for again until it is.</summary>
public sealed record PaymentRefundFailed(JobId JobId, PendingTransaction? Pending, string Code, string Detail) : IJobMessage;

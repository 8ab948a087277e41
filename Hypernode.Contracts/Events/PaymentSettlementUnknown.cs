using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Events;

/// <summary>A settlement was sent; its answer is not known.</summary>
public sealed record PaymentSettlementUnknown(JobId JobId, PendingTransaction? Pending, string Detail) : IJobMessage;

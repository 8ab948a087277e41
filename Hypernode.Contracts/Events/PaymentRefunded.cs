using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;

namespace Hypernode.Contracts.Events;

/// <summary>The chain says: everything went back to the payer.</summary>
public sealed record PaymentRefunded(JobId JobId, string Signature, HyperAmount Amount) : IJobMessage;

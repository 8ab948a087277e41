using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;

namespace Hypernode.Contracts.Events;

/// <summary>The chain says: settled, with these hashes.</summary>
public sealed record PaymentSettled(
    JobId JobId,
    string Signature,
    HyperAmount Charge,
    HyperAmount NodeShare,
    HyperAmount ProtocolFee,
    HyperAmount PlatformFee,
    HyperAmount Refund) : IJobMessage;

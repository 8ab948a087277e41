using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Events;

/// <summary>The oracle's verdict on an attempt.</summary>
public sealed record ResultVerified(
    JobId JobId,
    int Attempt,
    Verdict Verdict,
    int Score,
    HyperAmount Charge,
    Hash256 ExecutionHash,
    Hash256 LogsHash,
    string Detail) : IAttemptMessage;

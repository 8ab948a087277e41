using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Events;

/// <summary>The intent holds: it may be locked.</summary>
public sealed record IntentVerified(JobId JobId) : IJobMessage;

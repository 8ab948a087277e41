using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Events;

/// <summary>The intent can't be locked; nothing was taken.</summary>
public sealed record IntentVerificationFailed(JobId JobId, string Code, string Detail) : IJobMessage;

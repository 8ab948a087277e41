using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Timers;

/// <summary>A command's answer is overdue: send it again.</summary>
public sealed record StepOverdue(JobId JobId, int Epoch) : ITimeout;

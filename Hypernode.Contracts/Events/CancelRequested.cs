using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Events;

/// <summary>The owner wants no result any more.</summary>
public sealed record CancelRequested(JobId JobId) : IJobMessage;

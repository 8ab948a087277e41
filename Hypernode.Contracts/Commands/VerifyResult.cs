using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Commands;

/// <summary>Judge the evidence of an attempt.</summary>
/// <param name="Cancelled">Meter what was delivered: the payer stopped the run.</param>
/// <param name="GpuUuids">What the lease gave, as it was frozen with the match: the node's offer may be another one by now. Null: none.</param>
public sealed record VerifyResult(JobId JobId, int Attempt, bool Cancelled, IReadOnlyList<string>? GpuUuids = null) : IJobMessage;

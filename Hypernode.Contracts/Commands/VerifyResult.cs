using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Commands;

/// <summary>Judge the evidence of an attempt.</summary>
/// <param name="Cancelled">Meter what was delivered: the payer stopped the run.</param>
public sealed record VerifyResult(JobId JobId, int Attempt, bool Cancelled) : IJobMessage;

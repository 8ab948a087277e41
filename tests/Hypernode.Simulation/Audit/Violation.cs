using Hypernode.Contracts.Jobs;

namespace Hypernode.Simulation.Audit;

/// <summary>A promise that was broken, and where.</summary>
/// <param name="Invariant"><c>I1</c>…<c>I12</c>, or <c>liveness</c>, <c>unhandled</c>, <c>harness</c>.</param>
/// <param name="Seconds">Virtual time of the universe.</param>
internal sealed record Violation(string Invariant, JobId? Job, string Detail, double Seconds);

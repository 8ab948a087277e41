namespace Hypernode.Sagas.Invariants;

/// <summary>A promise that does not hold.</summary>
/// <param name="Invariant"><c>I1</c>…<c>I12</c>.</param>
public sealed record Finding(string Invariant, string Detail);

namespace Hypernode.Contracts.Nodes;

/// <summary>One GPU that a node sells.</summary>
public sealed record GpuInfo(string Uuid, string Model, int VramMb);

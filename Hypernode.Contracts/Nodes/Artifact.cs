using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Nodes;

/// <summary>A regular file that a job left in <c>/out</c>, stored as a blob.</summary>
public sealed record Artifact(string Name, Hash256 Sha256, long Bytes);

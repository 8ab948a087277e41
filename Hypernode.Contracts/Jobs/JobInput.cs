using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Jobs;

/// <summary>A file that the job reads at <c>/in/{Name}</c>; its content is a blob.</summary>
public sealed record JobInput(string Name, Hash256 Sha256, long Bytes);

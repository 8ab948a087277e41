using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Jobs;

/// <summary>A file that the job reads at <c>/in/{Name}</c>; its content is a blob.</summary>
/// <param name="Encrypted">True: the blob is an envelope that the node opens (hash and length are the envelope's). Never false: then it is absent.</param>
public sealed record JobInput(string Name, Hash256 Sha256, long Bytes, bool? Encrypted = null);

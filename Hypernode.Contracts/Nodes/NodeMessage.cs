using System.Text.Json.Serialization;
using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Nodes;

/// <summary>What an agent may say, as JSON with a <c>kind</c>; routing key <c>node.{id}.{kind}</c>. Who says it is known from the link, never from the body.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(Beat), "beat")]
[JsonDerivedType(typeof(LogChunks), "logs")]
[JsonDerivedType(typeof(AttemptStarted), "started")]
[JsonDerivedType(typeof(AttemptDeclined), "declined")]
[JsonDerivedType(typeof(AttemptReported), "reported")]
[JsonDerivedType(typeof(NodeBundle), "bundle")]
public abstract record NodeMessage;

/// <summary>A sign of life, with the leases that are held.</summary>
/// <param name="At">ms since the epoch, of the node's clock.</param>
public sealed record Beat(long At, IReadOnlyList<LeaseBeat> Leases) : NodeMessage;

/// <param name="LogCount">Chunks made so far.</param>
/// <param name="Ended">The container has ended; outputs are being collected, or the outcome is on its way.</param>
public sealed record LeaseBeat(JobId JobId, int Attempt, long LogCount, bool Ended);

/// <summary>Chunks of one attempt, in order.</summary>
public sealed record LogChunks(IReadOnlyList<LogChunk> Chunks) : NodeMessage;

/// <summary>The container runs.</summary>
public sealed record AttemptStarted(JobId JobId, int Attempt, long At) : NodeMessage;

/// <summary>The node can't run it (image missing, engine down, inputs unreadable): typed, so that the job moves on at once.</summary>
/// <param name="Reason"><c>image-unavailable</c>, <c>inputs-unavailable</c>, <c>engine-unavailable</c>, <c>no-capacity</c>, <c>expired</c>, <c>not-a-recipient</c>, <c>envelope-damaged</c>.</param>
public sealed record AttemptDeclined(JobId JobId, int Attempt, string Reason, string Detail) : NodeMessage;

/// <summary>The attempt has ended; the receipt is signed with the node's key (64 bytes, base58).</summary>
public sealed record AttemptReported(Receipt Receipt, string Signature) : NodeMessage;

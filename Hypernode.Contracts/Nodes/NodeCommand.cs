using System.Text.Json.Serialization;
using Hypernode.Contracts.Commands;

namespace Hypernode.Contracts.Nodes;

/// <summary>What the control plane tells an agent, as JSON with a <c>kind</c>, in the agent's own queue.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(ExecuteJob), "execute")]
[JsonDerivedType(typeof(StopJob), "stop")]
public abstract record NodeCommand;

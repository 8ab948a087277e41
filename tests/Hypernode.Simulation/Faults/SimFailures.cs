using System.Data.Common;

namespace Hypernode.Simulation.Faults;

/// <summary>What the simulated database throws.</summary>
internal sealed class SimDatabaseException(string message) : DbException(message);

/// <summary>What the simulated broker throws.</summary>
internal sealed class SimBrokerException(string message) : IOException(message);

/// <summary>The world's own rules were broken by the harness itself: never the product's fault.</summary>
internal sealed class HarnessException(string message) : InvalidOperationException(message);

using System.Diagnostics.Metrics;

namespace Hypernode.Solana;

/// <summary>What the client counts, for alarms. Endpoints are named by host and port: their paths may hold a provider's key.</summary>
public static class RpcMetrics
{
    public const string MeterName = "Hypernode.Solana";

    /// <summary>Two endpoints told different stories: any increase is an alarm.</summary>
    public const string Disagreements = "hypernode.chain.rpc.disagreements";

    /// <summary>An endpoint did not answer, or said that it can't.</summary>
    public const string Failures = "hypernode.chain.rpc.failures";

    /// <summary>A question went to another endpoint than the first.</summary>
    public const string Failovers = "hypernode.chain.rpc.failovers";

    internal static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> DisagreementCount = Meter.CreateCounter<long>(Disagreements, description: "Endpoints that contradicted each other about a transaction");
    private static readonly Counter<long> FailureCount = Meter.CreateCounter<long>(Failures, description: "Questions that an endpoint did not answer");
    private static readonly Counter<long> FailoverCount = Meter.CreateCounter<long>(Failovers, description: "Questions that another endpoint answered");

    internal static void Disagreed(string about) => DisagreementCount.Add(1, new KeyValuePair<string, object?>("about", about));

    internal static void Failed(string endpoint) => FailureCount.Add(1, new KeyValuePair<string, object?>("endpoint", endpoint));

    internal static void FailedOver(string endpoint) => FailoverCount.Add(1, new KeyValuePair<string, object?>("endpoint", endpoint));
}

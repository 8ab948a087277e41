using System.Diagnostics.Metrics;

namespace Hypernode.Api.Facilitator;

/// <summary>All that is kept of a refused intent (protocol A9).</summary>
internal sealed class IntentCounters
{
    public const string MeterName = "Hypernode.Api";
    private readonly Counter<long> _intents;

    public IntentCounters(IMeterFactory meters) =>
        _intents = meters.Create(MeterName).CreateCounter<long>("hypernode.api.intents", description: "Submitted payment intents by result");

    /// <param name="result">A stable word: <c>accepted</c>, <c>repeated</c>, <c>conflict</c>, <c>refused</c>.</param>
    public void Count(string result) => _intents.Add(1, new KeyValuePair<string, object?>("result", result));
}

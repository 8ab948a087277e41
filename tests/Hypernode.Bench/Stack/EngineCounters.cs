using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Hypernode.Sagas.Engine;

namespace Hypernode.Bench.Stack;

/// <summary>What the engine of this process has counted so far, by the name of its instrument.</summary>
internal sealed class EngineCounters : IDisposable
{
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    public EngineCounters()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == EngineMetrics.MeterName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => _counts.AddOrUpdate(instrument.Name, value, (_, was) => was + value));
        _listener.Start();
    }

    public IReadOnlyDictionary<string, long> Now => new Dictionary<string, long>(_counts) { [Loads.Compiler.Counter] = Loads.Compiler.Microseconds };

    public void Dispose() => _listener.Dispose();
}

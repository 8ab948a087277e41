using System.Diagnostics.Metrics;
using Hypernode.Sagas.Engine;

namespace Hypernode.Sagas.Tests.Rig;

/// <summary>What one of the engine's counters counts on this test's thread: other tests run beside it.</summary>
internal sealed class EngineCounter : IDisposable
{
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly MeterListener _listener = new();

    public EngineCounter(string counter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == EngineMetrics.MeterName && instrument.Name == counter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            if (Environment.CurrentManagedThreadId == _thread)
            {
                Tags.Add(tags.Length == 0 ? "" : $"{tags[0].Value}");
            }
        });
        _listener.Start();
    }

    /// <summary>One a measurement; empty where it has none.</summary>
    public List<string> Tags { get; } = [];

    public void Dispose() => _listener.Dispose();
}

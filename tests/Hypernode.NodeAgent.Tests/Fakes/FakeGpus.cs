using Hypernode.NodeAgent.Hardware;

namespace Hypernode.NodeAgent.Tests.Fakes;

/// <summary>A driver that says what the test says.</summary>
internal sealed class FakeGpus : IGpuMonitor
{
    public const string A = "GPU-aaaaaaaa-0000-4000-8000-000000000001";
    public const string B = "GPU-bbbbbbbb-0000-4000-8000-000000000002";
    public const string C = "GPU-cccccccc-0000-4000-8000-000000000003";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _used = new() { [A] = 3, [B] = 3 };
    private int _reads;

    /// <summary>Every look fails while it is set.</summary>
    public bool Hangs { get; set; }

    public int Reads => _reads;

    /// <param name="megabytes">Null: the driver does not name it any more.</param>
    public void Use(string gpu, int? megabytes)
    {
        lock (_gate)
        {
            _used.Remove(gpu);
            if (megabytes is { } used)
            {
                _used[gpu] = used;
            }
        }
    }

    public Task<IReadOnlyList<GpuReading>> ReadAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        lock (_gate)
        {
            return Hangs
                ? Task.FromException<IReadOnlyList<GpuReading>>(new GpuUnreadableException("it hangs"))
                : Task.FromResult<IReadOnlyList<GpuReading>>([.. _used.Select(u => new GpuReading(u.Key, u.Value))]);
        }
    }
}

namespace Hypernode.Simulation.Kernel;

/// <summary>Everything that happens in a universe, folded into one number: two runs of a seed are the same run, or the number differs.</summary>
internal sealed class Trace(EventLoop loop, TextWriter? writer)
{
    private ulong _hash = 0xCBF29CE484222325UL;

    public ulong Hash => _hash;

    public void Add(string what, Guid about = default, long detail = 0, string? more = null)
    {
        Fold((ulong)loop.Now.UtcTicks);
        foreach (var c in what)
        {
            Fold(c);
        }

        if (about != default)
        {
            Span<ulong> halves = stackalloc ulong[2];
            about.TryWriteBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(halves));
            Fold(halves[0]);
            Fold(halves[1]);
        }

        Fold((ulong)detail);
        foreach (var c in more ?? "")
        {
            Fold(c);
        }

        writer?.WriteLine($"{loop.Elapsed.TotalSeconds,11:F4}  {what,-24} {(about == default ? "" : about.ToString()[..8]),-8} {detail} {more}");
    }

    private void Fold(ulong value)
    {
        _hash = (_hash ^ value) * 0x100000001B3UL;
        _hash ^= _hash >> 29;
    }
}

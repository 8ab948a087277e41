using System.Runtime.InteropServices;

namespace Hypernode.Cli.Adapters;

/// <summary>One token for all the ways in which somebody wants us to end: Ctrl-C, SIGTERM, a closed terminal, a parent that is gone.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly Timer? _watch;

    public Interruption()
    {
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT })
        {
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                _source.Cancel();
            }));
        }

        // Whoever started us may be killed without a word; then another process becomes our parent.
        if (ParentId() is { } parent and > 1)
        {
            _watch = new Timer(_ => { if (ParentId() != parent) { _source.Cancel(); } }, null, 500, 500);
        }
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _watch?.Dispose();
        _signals.ForEach(s => s.Dispose());
        _source.Dispose();
    }

    private static int? ParentId()
    {
        try
        {
            var stat = File.ReadAllText("/proc/self/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]);
        }
        catch (IOException)
        {
            return null;
        }
    }
}

namespace Hypernode.NodeAgent.Network;

/// <summary>Refused targets as lines of the attempt's log: each once, so many and no more, and nothing in them that a job could forge lines with.</summary>
internal sealed class RefusalLog(Action<string> say, int maxLines)
{
    private const int MaxTarget = 120;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    public long Count { get; private set; }

    public void Add(string target, string why)
    {
        var plain = string.Concat(target.Take(MaxTarget).Select(c => c is >= ' ' and < '\x7f' ? c : '?'));
        lock (_gate)
        {
            Count++;
            if (_told.Count < maxLines && _told.Add($"{plain} {why}"))
            {
                say($"network: {plain} is refused: {why}");
                if (_told.Count == maxLines)
                {
                    say("network: further refusals are only counted");
                }
            }
        }
    }
}

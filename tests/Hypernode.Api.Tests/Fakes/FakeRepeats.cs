using System.Collections.Concurrent;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Tests.Fakes;

/// <summary>Kept answers in memory; those from before are forgotten as they are told.</summary>
public sealed class FakeRepeats : IRepeats
{
    private readonly ConcurrentDictionary<(string, string), Kept> _all = new();

    public int Count => _all.Count;

    /// <summary>As if each answer were still to come.</summary>
    public void Unanswer()
    {
        foreach (var (key, kept) in _all)
        {
            _all[key] = kept with { Answer = null };
        }
    }

    public Task<RepeatFound> BeginAsync(
        string caller, string key, Hash256 request, DateTimeOffset now, DateTimeOffset staleAt, DateTimeOffset forgottenAt, CancellationToken cancellationToken)
    {
        lock (_all)
        {
            if (!_all.TryGetValue((caller, key), out var old) || old.At < forgottenAt || (old.Answer is null && old.At < staleAt))
            {
                _all[(caller, key)] = new Kept(request, now, null);
                return Task.FromResult<RepeatFound>(new RepeatFound.First());
            }

            return Task.FromResult<RepeatFound>(
                old.Request != request ? new RepeatFound.Another()
                : old.Answer is { } answer ? new RepeatFound.Answered(answer)
                : new RepeatFound.UnderWay());
        }
    }

    public Task KeepAsync(string caller, string key, KeptAnswer answer, CancellationToken cancellationToken)
    {
        _all[(caller, key)] = _all[(caller, key)] with { Answer = answer };
        return Task.CompletedTask;
    }

    public Task ForgetAsync(string caller, string key, CancellationToken cancellationToken)
    {
        _all.TryRemove((caller, key), out _);
        return Task.CompletedTask;
    }

    private sealed record Kept(Hash256 Request, DateTimeOffset At, KeptAnswer? Answer);
}

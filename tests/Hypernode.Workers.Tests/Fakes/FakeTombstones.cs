using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Ports;

namespace Hypernode.Workers.Tests.Fakes;

internal sealed class FakeTombstones : ITombstones
{
    public List<IntentId> Due { get; } = [];

    /// <summary>Those that refuse to go.</summary>
    public HashSet<IntentId> Stubborn { get; } = [];

    public bool Unreachable { get; set; }

    public Task<IReadOnlyList<IntentId>> ClosableAsync(long now, int most, CancellationToken cancellationToken) => Unreachable
        ? throw new IOException("no chain")
        : Task.FromResult<IReadOnlyList<IntentId>>([.. Due.Take(most)]);

    public Task<int> CloseAsync(IReadOnlyList<IntentId> payments, CancellationToken cancellationToken) =>
        Task.FromResult(payments.Count(p => !Stubborn.Contains(p) && Due.Remove(p)));
}

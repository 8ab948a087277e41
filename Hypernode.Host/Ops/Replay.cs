using Hypernode.Contracts.Topology;
using Hypernode.Host.Messaging.Adapters.RabbitMq;

namespace Hypernode.Host.Ops;

/// <summary>Which dead letters may be handled again.</summary>
internal static class ReplayRules
{
    /// <summary>What has come back so often comes back again: a group is not replayed round and round.</summary>
    public const int MaxParkings = 3;

    /// <param name="byName">An operator has named this very message.</param>
    /// <returns>Why not; null: it may.</returns>
    public static string? Refusal(DeadLetter letter, bool byName) => letter switch
    {
        { MessageId: null } => "it has no message id: nothing could tell a second delivery from the first",
        { Queue: Queues.NodesIngress } => "a node said it, and nobody can say it again in its name: the node repeats what was not acknowledged",
        _ when DeadLetters.AddressOf(letter) is null => "it came from no queue of ours that a replay may write to",
        { Count: > MaxParkings } when !byName => $"it has been here {letter.Count} times: mend the cause, then name it by its id",
        _ => null,
    };
}

/// <param name="Queue">Where it goes, or went.</param>
/// <param name="Refused">Null: it is (or would be) replayed.</param>
internal sealed record ReplayItem(string? MessageId, string Group, string Queue, string? JobId, string? Refused);

/// <summary><c>ops replay</c>: messages go back to their queues, each published and confirmed before it is taken away.</summary>
/// <param name="DryRun">Nothing was moved.</param>
/// <param name="Left">Chosen, but beyond the bound of one run.</param>
/// <param name="NotFound">Named, and not among the dead letters.</param>
internal sealed record ReplayReport(bool DryRun, int Replayed, int Refused, int Left, IReadOnlyList<ReplayItem> Items, IReadOnlyList<string> NotFound)
{
    /// <param name="wanted">Groups and message ids.</param>
    /// <param name="limit">At most so many in this run.</param>
    public static async Task<ReplayReport> RunAsync(DeadLetters dead, IReadOnlyCollection<string> wanted, int limit, bool dryRun, CancellationToken cancellationToken)
    {
        var names = wanted.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var found = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var moved = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var items = new List<ReplayItem>();
        var (replayed, refused, left) = (0, 0, 0);
        await dead.ReplayEachAsync(
            letter =>
            {
                var group = ErrorGroup.IdOf(letter);
                var byName = letter.MessageId is { } id && names.Contains(id);
                if ((!byName && !names.Contains(group)) || (letter.MessageId is { } before && moved.Contains(before)))
                {
                    return false; // not wanted; or wanted, moved, and back already: once a run is enough
                }

                found.Add(byName ? letter.MessageId! : group);
                if (items.Count >= limit)
                {
                    left++;
                    return false;
                }

                var why = ReplayRules.Refusal(letter, byName);
                items.Add(new(letter.MessageId, group, letter.Queue, letter.Job?.ToString(), why));
                (replayed, refused) = why is null ? (replayed + 1, refused) : (replayed, refused + 1);
                return why is null && !dryRun && moved.Add(letter.MessageId!);
            },
            cancellationToken);
        return new(dryRun, replayed, refused, left, items, [.. names.Except(found, StringComparer.OrdinalIgnoreCase)]);
    }
}

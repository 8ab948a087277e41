using System.Security.Cryptography;
using System.Text;
using Hypernode.Contracts.Topology;
using Hypernode.Host.Messaging.Adapters.RabbitMq;

namespace Hypernode.Host.Ops;

/// <summary>Dead letters of one cause: one line for an operator, however many there are.</summary>
/// <param name="Group">Follows from queue, cause and type: the same tomorrow, and what a replay is told.</param>
/// <param name="Queue">Where they came from; a job's shard and a node's own queue without their numbers.</param>
/// <param name="Cause">The exception's type, or what the broker said.</param>
/// <param name="Detail">Of the newest, in our own words; never a message's content.</param>
/// <param name="FirstSeen">Null: the broker itself parked them, and notes no time.</param>
/// <param name="MostParkings">How often one of them has been here, replays included.</param>
/// <param name="Replayable">How many of them a replay of the group would take.</param>
internal sealed record ErrorGroup(
    string Group, string Queue, string Cause, string? Type, string Detail, int Count, DateTimeOffset? FirstSeen, DateTimeOffset? LastSeen,
    string? Example, string? ExampleJob, int MostParkings, int Replayable)
{
    public static string IdOf(DeadLetter letter) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{QueueOf(letter)}\n{letter.Cause}\n{letter.Type}")))[..10];

    public ErrorGroup And(DeadLetter letter) => this with
    {
        Detail = letter.Detail,
        Count = Count + 1,
        FirstSeen = Least(FirstSeen, letter.At),
        LastSeen = LastSeen is { } last && last > letter.At ? last : letter.At ?? LastSeen,
        Example = letter.MessageId ?? Example,
        ExampleJob = letter.MessageId is null ? ExampleJob : letter.Job?.ToString(),
        MostParkings = Math.Max(MostParkings, letter.Count),
        Replayable = Replayable + (ReplayRules.Refusal(letter, byName: false) is null ? 1 : 0),
    };

    public static ErrorGroup Of(DeadLetter letter) =>
        new ErrorGroup(IdOf(letter), QueueOf(letter), letter.Cause, letter.Type, "", 0, null, null, null, null, 0, 0).And(letter);

    private static string QueueOf(DeadLetter letter) =>
        letter.Queue.StartsWith(Queues.JobSaga, StringComparison.Ordinal) ? Queues.JobSaga
        : letter.Queue.StartsWith("node.", StringComparison.Ordinal) ? "node.*"
        : letter.Queue;

    private static DateTimeOffset? Least(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b ?? a : a;
}

/// <summary><c>ops errors</c>: what could not be handled, grouped by cause.</summary>
/// <param name="Total">How many were looked at.</param>
/// <param name="More">There are more than that.</param>
internal sealed record ErrorReport(int Total, bool More, IReadOnlyList<ErrorGroup> Groups)
{
    /// <summary>Memory is bounded by the number of causes.</summary>
    public static async Task<ErrorReport> ReadAsync(DeadLetters dead, int limit, CancellationToken cancellationToken)
    {
        var groups = new Dictionary<string, ErrorGroup>(StringComparer.Ordinal);
        var seen = 0;
        await dead.EachAsync(
            limit + 1,
            letter =>
            {
                if (++seen <= limit)
                {
                    var id = ErrorGroup.IdOf(letter);
                    groups[id] = groups.TryGetValue(id, out var there) ? there.And(letter) : ErrorGroup.Of(letter);
                }
            },
            cancellationToken);
        return new(Math.Min(seen, limit), seen > limit, [.. groups.Values.OrderByDescending(g => g.Count).ThenBy(g => g.Group, StringComparer.Ordinal)]);
    }
}

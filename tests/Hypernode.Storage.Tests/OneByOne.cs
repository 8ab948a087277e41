using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

/// <summary>The batched ports, for tests that are about one item.</summary>
internal static class OneByOne
{
    public static async Task<StoredSaga?> LoadAsync(this ISagaJournal journal, JobId id) => (await journal.LoadAsync([id], None)).SingleOrDefault();

    public static async Task<CommitResult> CommitAsync(this ISagaJournal journal, SagaCommit commit) =>
        (await journal.CommitAsync([commit], [], None)).ShouldHaveSingleItem();

    /// <summary>Taken for so long that no other test meets them.</summary>
    public static Task<IReadOnlyList<OutboxMessage>> TakeLeftoversAsync(this IOutbox outbox, DateTimeOffset now, int limit) =>
        outbox.TakeLeftoversAsync("a-test", now, Now.AddYears(10), limit, None);
}

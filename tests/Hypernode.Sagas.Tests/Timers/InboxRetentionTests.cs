using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Timers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Tests.Timers;

public sealed class InboxRetentionTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(999)]
    [InlineData(1_000)]
    [InlineData(2_345)]
    public async Task Everything_older_than_the_days_that_are_kept_goes_in_small_batches(int old)
    {
        var inbox = new Inbox { Old = old };
        var retention = new InboxRetention(
            inbox, Options.Create(new EngineOptions { InboxRetentionDays = 3 }), new StoppedTime(), NullLogger<InboxRetention>.Instance);

        (await retention.RunOnceAsync(CancellationToken.None)).ShouldBe(old);

        inbox.Old.ShouldBe(0);
        inbox.Before.ShouldBe(StoppedTime.Now.AddDays(-3));
    }

    private sealed class StoppedTime : TimeProvider
    {
        public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class Inbox : IOutbox
    {
        public int Old { get; set; }

        public DateTimeOffset? Before { get; private set; }

        public Task<int> ForgetInboxAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken)
        {
            Before = before;
            var some = Math.Min(limit, Old);
            Old -= some;
            return Task.FromResult(some);
        }

        public Task AddAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<OutboxMessage>> TakeLeftoversAsync(string owner, DateTimeOffset now, DateTimeOffset until, int limit, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task KeepAsync(string owner, IReadOnlyCollection<Guid> messageIds, DateTimeOffset until, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task RemoveAsync(IReadOnlyCollection<Guid> messageIds, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<OutboxMessage>> TakeDueTimersAsync(DateTimeOffset now, DateTimeOffset againAt, int limit, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task DeferTimersAsync(TimerKind kind, DateTimeOffset until, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}

using System.Collections.Concurrent;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Live;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Host.Live;
using Hypernode.Host.Messaging.Adapters.RabbitMq;

namespace Hypernode.Host.Tests.Live;

/// <summary>What is told, and that it is told after the commit alone.</summary>
public sealed class HintTests
{
    private static readonly JobId Job = new(Guid.NewGuid());
    private static readonly NodeId Node = new(Guid.NewGuid());
    private static readonly WalletAddress Payer = WalletAddress.FromBytes([.. Enumerable.Repeat((byte)1, 32)]);
    private static readonly WalletAddress Payee = WalletAddress.FromBytes([.. Enumerable.Repeat((byte)2, 32)]);

    [Fact]
    public async Task A_commit_tells_its_jobs_its_nodes_and_the_wallets_whose_money_moved()
    {
        (await MovedAsync(Commit(JobStateNames.Executing))).ShouldBe([LiveTopic.OfJob(Job)]);
        (await MovedAsync(Commit(JobStateNames.Assigned, JobStateNames.Matching, JobStateNames.Assigned) with
        {
            Lease = new LeaseChange(Job, true, 1, Node, 0, "", default),
        })).ShouldBe([LiveTopic.OfNode(Node), LiveTopic.OfJob(Job), LiveTopic.OfWallet(Payer), LiveTopic.OfWallet(Payee)], ignoreOrder: true);
        (await MovedAsync(Commit(JobStateNames.Paid))).ShouldBe([LiveTopic.OfJob(Job), LiveTopic.OfWallet(Payer), LiveTopic.OfWallet(Payee)], ignoreOrder: true);
    }

    [Theory]
    [InlineData(CommitResult.Duplicate)]
    [InlineData(CommitResult.VersionConflict)]
    [InlineData(CommitResult.SlotTaken)]
    public async Task What_was_not_written_is_not_told(CommitResult result) => (await MovedAsync(Commit(JobStateNames.Paid), result)).ShouldBeEmpty();

    [Fact]
    public async Task A_commit_that_fails_tells_nothing()
    {
        var (hints, told) = Listening();

        await Should.ThrowAsync<IOException>(() => new HintingJournal(new Journal(null), hints).CommitAsync([Commit(JobStateNames.Paid)], [], default));

        told.ShouldBeEmpty();
    }

    [Fact]
    public void Topics_are_lines_that_read_back_as_they_were()
    {
        LiveTopic[] topics = [LiveTopic.OfJob(Job), LiveTopic.OfLogs(Job), LiveTopic.OfNode(Node), LiveTopic.OfWallet(Payer), LiveTopic.Network];

        RabbitMqHints.Read(RabbitMqHints.Write(topics, lost: false).Single()).ShouldBe(topics);
        RabbitMqHints.Read("job:nonsense\nnew-kind:1\n\nnetwork"u8).ShouldBe([LiveTopic.Network]);
        RabbitMqHints.Read(RabbitMqHints.Write(topics, lost: true).Single()).ShouldBeNull();
        var many = Enumerable.Range(0, 1_201).Select(_ => LiveTopic.OfJob(new JobId(Guid.NewGuid()))).ToList();
        RabbitMqHints.Write(many, lost: false).SelectMany(body => RabbitMqHints.Read(body)!).ShouldBe(many);
    }

    private static SagaCommit Commit(string state, params string[] entered) => new(
        Guid.NewGuid(), [], default,
        new JobRow(Job, state, 1, "{}", [.. (entered.Length == 0 ? [state] : entered).Select(e => new StateEntered(e, "", 1))], 1, Node, null, null, null, null, null, null, [], Payer, Payee),
        [], [], null);

    private static async Task<IReadOnlyList<LiveTopic>> MovedAsync(SagaCommit commit, CommitResult result = CommitResult.Committed)
    {
        var (hints, told) = Listening();
        (await new HintingJournal(new Journal(result), hints).CommitAsync([commit], [], default)).ShouldBe([result]);
        return [.. told];
    }

    private static (ILiveHints Hints, ConcurrentQueue<LiveTopic> Told) Listening()
    {
        var (hints, told) = (new InProcessHints(), new ConcurrentQueue<LiveTopic>());
        hints.Listen(topics => topics!.ToList().ForEach(told.Enqueue));
        return (hints, told);
    }

    private sealed class Journal(CommitResult? result) : ISagaJournal
    {
        public Task<IReadOnlyList<StoredSaga>> LoadAsync(IReadOnlyCollection<JobId> ids, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<CommitResult>> CommitAsync(IReadOnlyList<SagaCommit> batch, IReadOnlyCollection<Guid> delivered, CancellationToken cancellationToken) =>
            result is { } answer ? Task.FromResult<IReadOnlyList<CommitResult>>([.. batch.Select(_ => answer)]) : throw new IOException("the database is away");
    }
}

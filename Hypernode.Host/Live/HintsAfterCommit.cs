using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Live;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Host.Live;

// Each port that writes what is watched, with a hint after its commit. A write that fails or changes nothing moves nothing.

/// <summary>Jobs, their nodes, and the wallets whose money moved.</summary>
internal sealed class HintingJournal(ISagaJournal journal, ILiveHints hints) : ISagaJournal
{
    public Task<IReadOnlyList<StoredSaga>> LoadAsync(IReadOnlyCollection<JobId> ids, CancellationToken cancellationToken) =>
        journal.LoadAsync(ids, cancellationToken);

    public async Task<IReadOnlyList<CommitResult>> CommitAsync(
        IReadOnlyList<SagaCommit> batch, IReadOnlyCollection<Guid> delivered, CancellationToken cancellationToken)
    {
        var results = await journal.CommitAsync(batch, delivered, cancellationToken);
        var moved = new List<LiveTopic>();
        for (var i = 0; i < batch.Count; i++)
        {
            if (results[i] == CommitResult.Committed)
            {
                Note(batch[i], moved);
            }
        }

        if (moved.Count > 0)
        {
            hints.Moved(moved);
        }

        return results;
    }

    private static void Note(SagaCommit commit, List<LiveTopic> moved)
    {
        if (commit.Lease is { } lease)
        {
            moved.Add(LiveTopic.OfNode(lease.NodeId));
        }

        if (commit.Job is not { Entered.Count: > 0 } job)
        {
            return;
        }

        moved.Add(LiveTopic.OfJob(job.Id));
        if (job.Entered.Any(e => e.State == JobStateNames.Matching) || JobStateNames.IsTerminal(job.State))
        {
            moved.AddRange(new[] { job.Payer, job.Payee }.OfType<WalletAddress>().Select(LiveTopic.OfWallet));
        }
    }
}

internal sealed class HintingIntake(IJobIntake intake, ILiveHints hints) : IJobIntake
{
    public async Task<IntakeResult> SubmitAsync(JobSubmission submission, CancellationToken cancellationToken)
    {
        var result = await intake.SubmitAsync(submission, cancellationToken);
        if (result == IntakeResult.Accepted)
        {
            hints.Moved([LiveTopic.OfJob(submission.Intent.JobId)]);
        }

        return result;
    }
}

internal sealed class HintingEvidence(IEvidence evidence, ILiveHints hints) : IEvidence
{
    public async Task AddLogsAsync(IReadOnlyList<LogChunk> chunks, DateTimeOffset receivedAt, CancellationToken cancellationToken)
    {
        await evidence.AddLogsAsync(chunks, receivedAt, cancellationToken);
        hints.Moved([.. chunks.Select(c => c.JobId).Distinct().Select(LiveTopic.OfLogs)]);
    }

    public Task<IReadOnlyList<StoredChunk>> ReadLogsAsync(JobId job, (int Attempt, long Seq) after, int limit, CancellationToken cancellationToken) =>
        evidence.ReadLogsAsync(job, after, limit, cancellationToken);

    public Task<bool> AddReceiptAsync(Receipt receipt, string signature, DateTimeOffset receivedAt, CancellationToken cancellationToken) =>
        evidence.AddReceiptAsync(receipt, signature, receivedAt, cancellationToken);

    public Task<StoredReceipt?> FindReceiptAsync(JobId job, int attempt, CancellationToken cancellationToken) =>
        evidence.FindReceiptAsync(job, attempt, cancellationToken);
}

internal sealed class HintingNodes(INodeDirectory nodes, ILiveHints hints) : INodeDirectory
{
    public async Task<bool> RegisterAsync(NodeRegistration registration, DateTimeOffset at, CancellationToken cancellationToken) =>
        Moved(await nodes.RegisterAsync(registration, at, cancellationToken), registration.NodeId);

    public async Task<bool> SetStatusAsync(NodeId id, NodeStatus from, NodeStatus to, CancellationToken cancellationToken) =>
        Moved(await nodes.SetStatusAsync(id, from, to, cancellationToken), id);

    public Task<NodeView?> FindAsync(NodeId id, CancellationToken cancellationToken) => nodes.FindAsync(id, cancellationToken);

    public Task<IReadOnlyList<NodeView>> FindByKeyAsync(WalletAddress nodeKey, CancellationToken cancellationToken) =>
        nodes.FindByKeyAsync(nodeKey, cancellationToken);

    public Task<IReadOnlyList<NodeView>> ListAsync(CancellationToken cancellationToken) => nodes.ListAsync(cancellationToken);

    public Task<LeaseView?> FindLeaseAsync(JobId job, int attempt, CancellationToken cancellationToken) => nodes.FindLeaseAsync(job, attempt, cancellationToken);

    public Task<IReadOnlyList<LeaseView>> LiveLeasesAsync(CancellationToken cancellationToken) => nodes.LiveLeasesAsync(cancellationToken);

    public Task RecordBeatsAsync(IReadOnlyList<ReceivedBeat> beats, CancellationToken cancellationToken) => nodes.RecordBeatsAsync(beats, cancellationToken);

    private bool Moved(bool changed, NodeId node)
    {
        if (changed)
        {
            hints.Moved([LiveTopic.OfNode(node)]);
        }

        return changed;
    }
}

internal sealed class HintingStandings(INodeStandings standings, ILiveHints hints) : INodeStandings
{
    public Task<IReadOnlyList<Revocation>> RevokedAsync(CancellationToken cancellationToken) => standings.RevokedAsync(cancellationToken);

    public async Task<bool> RevokeAsync(
        NodeId node, NodeStatus status, RevokedBy by, string reason, DateTimeOffset at, CancellationToken cancellationToken) =>
        Moved(await standings.RevokeAsync(node, status, by, reason, at, cancellationToken), node);

    public async Task<bool> RestoreAsync(NodeId node, RevokedBy by, CancellationToken cancellationToken) =>
        Moved(await standings.RestoreAsync(node, by, cancellationToken), node);

    private bool Moved(bool changed, NodeId node)
    {
        if (changed)
        {
            hints.Moved([LiveTopic.OfNode(node)]);
        }

        return changed;
    }
}

using System.Text.Json;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Timers;

namespace Hypernode.Storage.Shared;

internal sealed class StandingReader(Database database) : IStandingReader
{
    // idx_jobs_open holds the few jobs that have not ended.
    private const string Waiting = """
        select jobs.job_id, jobs.spec, jobs.payment_amount, jobs.settle_by,
            coalesce((select string_agg(leases.node_id, ',') from leases where leases.job_id = jobs.job_id and not live), '')
        from jobs
        where completed_at is null and state = 'Matching'
        order by created_at, jobs.job_id
        limit @limit
        """;

    public async Task<JobStanding?> OfJobAsync(JobId job, CancellationToken cancellationToken)
    {
        var saga = await database.FindAsync("select saga from jobs where job_id = @job", r => r.Text(0), cancellationToken, ("job", job));
        if (saga is null)
        {
            return null;
        }

        var timers = await database.ReadAsync(
            "select kind, due_at from timers where job_id = @job order by due_at, kind",
            r => new ArmedTimer(Enum.Parse<TimerKind>(r.Text(0)), r.Time(1)),
            cancellationToken,
            ("job", job));
        var leases = await database.ReadAsync(
            NodeDirectory.LeaseColumns + "where job_id = @job order by attempt", NodeDirectory.ToLease, cancellationToken, ("job", job));
        var notes = JsonSerializer.Deserialize<Notes>(saga, ContractJson.Options) ?? new Notes();
        return new JobStanding(timers, leases, notes.Result, notes.Pending, notes.Cancelling, notes.RefundReason);
    }

    public async Task<IReadOnlyList<WaitingJob>> WaitingAsync(int limit, CancellationToken cancellationToken) => await database.ReadAsync(
        Waiting,
        r => new WaitingJob(
            JobId.Parse(r.Text(0)),
            JsonSerializer.Deserialize<JobSpec>(r.Text(1), ContractJson.Options)!,
            StoredValue.Amount(r.Long(2)),
            r.Long(3),
            [.. r.Text(4).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(n => NodeId.Parse(n))]),
        cancellationToken,
        ("limit", limit));

    public async Task<IReadOnlyList<LeaseView>> LeasesOfAsync(NodeId node, CancellationToken cancellationToken) => await database.ReadAsync(
        NodeDirectory.LeaseColumns + "where node_id = @node and live order by slot", NodeDirectory.ToLease, cancellationToken, ("node", node));

    /// <summary>What of the saga's own JSON may be told; its other fields are its own.</summary>
    private sealed record Notes(
        ResultVerified? Result = null, PendingTransaction? Pending = null, bool Cancelling = false, RefundReason? RefundReason = null);
}

using System.Text.Json;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Storage.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;

namespace Hypernode.Storage.Shared;

internal sealed class JobReader(Database database) : IJobReader, IDisposable
{
    /// <summary>Characters of specs and the like that are remembered.</summary>
    private const long MostRemembered = 8 << 20;

    private const int SizeWithoutSpec = 1_500;

    /// <summary>What nobody here did (a backup that is played back, say) shows after that at the latest.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    private const string Version = "select version from jobs where job_id = @job";

    private const string Columns = """
        select
            jobs.job_id, i.client, jobs.state, jobs.attempt, jobs.assigned_node_id, jobs.outcome, i.intent_id, i.amount, i.created_at,
            i.expires_at, i.nonce, i.signature, jobs.spec, jobs.spec_hash, jobs.settle_by, jobs.salt, jobs.escrow_pubkey,
            jobs.execution_hash, jobs.logs_hash, jobs.proof_tx, jobs.charge, jobs.node_share, jobs.protocol_fee, jobs.platform_fee,
            jobs.refund, jobs.signatures, jobs.created_at, jobs.completed_at, jobs.version
        from jobs join payment_intents i on i.job_id = jobs.job_id

        """;

    private readonly MemoryCache _known = new(new MemoryCacheOptions { SizeLimit = MostRemembered });

    /// <summary>
    /// A job that was read before, by whomever, is asked for its version only: each of its changes is a new one. The same
    /// version is the same object.
    /// </summary>
    public async Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(id, out Known? known)
            && await database.ReadAsync(Version, r => r.Int(0), cancellationToken, ("job", id)) is [var version]
            && version == known!.Version)
        {
            return known.View;
        }

        var found = await database.FindAsync(
            Columns + "where jobs.job_id = @job", r => new Known(r.Int(28), r.Text(12).Length, ToView(Of(r))), cancellationToken, ("job", id));
        if (found is not null)
        {
            _known.Set(id, found, new MemoryCacheEntryOptions { Size = SizeWithoutSpec + found.SpecLength, AbsoluteExpirationRelativeToNow = Remembered });
        }

        return found?.View;
    }

    public void Dispose() => _known.Dispose();

    public Task<JobView?> FindByIntentAsync(IntentId id, CancellationToken cancellationToken) =>
        database.FindAsync(Columns + "where i.intent_id = @intent", r => ToView(Of(r)), cancellationToken, ("intent", id));

    /// <param name="status">One of the white paper's five, or a state; they share no name.</param>
    public async Task<IReadOnlyList<JobView>> ListAsync(
        WalletAddress owner,
        string? status,
        (DateTimeOffset At, JobId Id)? before,
        int limit,
        CancellationToken cancellationToken)
    {
        await using var db = database.NewContext();
        var page = await PageOf(db, owner.ToString(), status, before, limit).ToListAsync(cancellationToken);
        return [.. page.Select(r => ToView((r.Job, r.Intent)))];
    }

    /// <summary>Held to its index by a test: no page sorts, and a later one begins where it should.</summary>
    internal static IQueryable<Joint> PageOf(HypernodeDb db, string wallet, string? status, (DateTimeOffset At, JobId Id)? before, int limit)
    {
        // One value, not a join: only then do the databases see that the index has the order.
        var rows = Joined(db).Where(r => r.Job.UserId == db.Users.Where(u => u.WalletAddress == wallet).Select(u => (Guid?)u.Id).FirstOrDefault());
        if (status is not null)
        {
            rows = rows.Where(r => r.Job.Status == status || r.Job.State == status
                || (status == JobStateNames.Submitted && r.Job.State == JobStateNames.Initial));
        }

        if (before is { } position)
        {
            var (at, id) = (StoredValue.Truncate(position.At), position.Id.ToString());
            // The first half is where the index begins: the second alone would read every page before this one.
            rows = rows.Where(r => r.Job.CreatedAt <= at && (r.Job.CreatedAt < at || string.Compare(r.Job.JobId, id) < 0));
        }

        return rows.OrderByDescending(r => r.Job.CreatedAt).ThenByDescending(r => r.Job.JobId).Take(limit);
    }

    public async Task<IReadOnlyList<JobTransition>> HistoryAsync(JobId id, CancellationToken cancellationToken) => await database.ReadAsync(
        "select state, at, cause, attempt from job_transitions where job_id = @job order by version, step",
        r => new JobTransition(r.Text(0), r.Time(1), r.Text(2), r.Int(3)),
        cancellationToken,
        ("job", id));

    public async Task<JobStats> StatsAsync(CancellationToken cancellationToken)
    {
        await using var db = database.NewContext();
        var rows = await db.Jobs
            .GroupBy(j => j.State)
            .Select(g => new { State = g.Key, Jobs = g.LongCount(), Charged = g.Sum(j => j.PaymentMint == null ? j.Charge ?? 0 : 0), Refunded = g.Sum(j => j.PaymentMint == null ? j.Refund ?? 0 : 0) })
            .ToListAsync(cancellationToken);
        return new JobStats(
            rows.GroupBy(r => Shown(r.State)).ToDictionary(g => g.Key, g => g.Sum(r => r.Jobs)),
            StoredValue.Amount(rows.Sum(r => r.Charged)),
            StoredValue.Amount(rows.Sum(r => r.Refunded)));
    }

    private static IQueryable<Joint> Joined(HypernodeDb db) =>
        db.Jobs.Join(db.PaymentIntents, j => j.JobId, i => i.JobId, (j, i) => new Joint { Job = j, Intent = i });

    private static string Shown(string state) => state == JobStateNames.Initial ? JobStateNames.Submitted : state;

    /// <summary>The columns that a view needs, as EF Core would have read them.</summary>
    private static (JobRecord Job, PaymentIntentRecord Intent) Of(Row r)
    {
        var job = new JobRecord
        {
            JobId = r.Text(0),
            State = r.Text(2),
            Status = "",
            Attempt = r.Int(3),
            AssignedNodeId = r.TextOrNull(4),
            Outcome = r.TextOrNull(5),
            Spec = r.Text(12),
            SpecHash = r.Text(13),
            SettleBy = r.Long(14),
            Salt = r.Text(15),
            EscrowPubkey = r.TextOrNull(16),
            ExecutionHash = r.TextOrNull(17),
            LogsHash = r.TextOrNull(18),
            ProofTx = r.TextOrNull(19),
            Charge = r.LongOrNull(20),
            NodeShare = r.LongOrNull(21),
            ProtocolFee = r.LongOrNull(22),
            PlatformFee = r.LongOrNull(23),
            Refund = r.LongOrNull(24),
            Signatures = r.Text(25),
            CreatedAt = r.Time(26),
            CompletedAt = r.TimeOrNull(27),
        };
        return (job, new PaymentIntentRecord
        {
            IntentId = r.Text(6),
            Client = r.Text(1),
            Amount = r.Long(7),
            JobId = job.JobId,
            Signature = r.Text(11),
            Nonce = r.Text(10),
            CreatedAt = r.Time(8),
            ExpiresAt = r.Time(9),
        });
    }

    private static JobView ToView((JobRecord Job, PaymentIntentRecord Intent) row)
    {
        var (job, intent) = row;
        var client = WalletAddress.Parse(intent.Client);
        return new JobView(
            JobId.Parse(job.JobId),
            client,
            Shown(job.State),
            job.Attempt,
            job.AssignedNodeId is { } node ? NodeId.Parse(node) : null,
            job.Outcome,
            new PaymentIntent(
                IntentId.Parse(intent.IntentId),
                client,
                StoredValue.Amount(intent.Amount),
                JobId.Parse(job.JobId),
                intent.CreatedAt.ToUnixTimeMilliseconds(),
                intent.ExpiresAt.ToUnixTimeMilliseconds(),
                Hash256.Parse(intent.Nonce)),
            PayerSignature.Parse(intent.Signature),
            JsonSerializer.Deserialize<JobSpec>(job.Spec, ContractJson.Options)!,
            Hash256.Parse(job.SpecHash),
            job.SettleBy,
            Hash256.Parse(job.Salt),
            job.EscrowPubkey,
            job.ExecutionHash,
            job.LogsHash,
            job.ProofTx,
            SettlementOf(job),
            JsonSerializer.Deserialize<List<string>>(job.Signatures, ContractJson.Options)!,
            job.CreatedAt,
            job.CompletedAt);
    }

    private static Settlement? SettlementOf(JobRecord job) => job.Charge is not { } charge
        ? null
        : new Settlement(
            StoredValue.Amount(charge),
            StoredValue.Amount(job.NodeShare!.Value),
            StoredValue.Amount(job.ProtocolFee!.Value),
            StoredValue.Amount(job.PlatformFee!.Value),
            StoredValue.Amount(job.Refund!.Value));

    private sealed record Known(int Version, int SpecLength, JobView View);

    internal sealed class Joint
    {
        public required JobRecord Job { get; init; }

        public required PaymentIntentRecord Intent { get; init; }
    }
}

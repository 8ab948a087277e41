using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Invariants;

namespace Hypernode.Host.Ops;

/// <summary>
/// <c>ops audit</c>: I1 to I12 recomputed over the whole database and the chain beside it, a page at a time, while the market
/// runs. What looks wrong is looked at again until it stands still: only what is wrong in two looks at one version counts.
/// </summary>
/// <param name="chain">Null: the chain is not asked.</param>
/// <param name="betweenLooks">What is on its way has arrived by then; null: a quarter of a second.</param>
internal sealed class InvariantAudit(IAuditReader rows, IChainFacts? chain, WorkflowWindows windows, TimeProvider time, TimeSpan? betweenLooks = null)
{
    private const int PageSize = 256;
    private const int MaxLooks = 6;
    private const int MaxListed = 1_000;

    /// <summary>What each job is held to; I9 is about nodes.</summary>
    private static readonly string[] OfJobs = ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I10", "I11", "I12"];

    private readonly TimeSpan _betweenLooks = betweenLooks ?? TimeSpan.FromMilliseconds(250);
    private readonly IReadOnlyDictionary<string, AuditTally> _tallies = AuditTally.All();
    private readonly List<string> _moving = [];
    private long _jobs;
    private long _forgotten;

    public async Task<AuditReport> RunAsync(CancellationToken cancellationToken)
    {
        var began = time.GetUtcNow();
        await AuditTablesAsync(cancellationToken);
        await AuditJobsAsync(cancellationToken);
        if (chain is not null)
        {
            await AuditOpenPaymentsAsync(chain, cancellationToken);
            await AuditStakesAsync(chain, cancellationToken);
        }

        var lines = _tallies.Values.Select(t => t.ToLine(chain is not null)).ToList();
        return new(lines.TrueForAll(l => l.Verdict != AuditVerdict.Violated), chain is not null, began, _jobs, _forgotten, _moving, lines);
    }

    /// <summary>What is about several rows at once: constraints hold it, so it is asked of the rows and not of the constraints.</summary>
    private async Task AuditTablesAsync(CancellationToken cancellationToken)
    {
        Add("I6", await rows.RepeatedNoncesAsync(MaxListed, cancellationToken), "its wallet used its nonce for another job as well");
        Add("I10", await rows.SharedSlotsAsync(MaxListed, cancellationToken), "it holds a slot that another holds as well");
        Add("I8", await rows.OrphansAsync(MaxListed, cancellationToken), "it belongs to no job");
    }

    private async Task AuditJobsAsync(CancellationToken cancellationToken)
    {
        JobId? after = null;
        while (true)
        {
            var page = await rows.PageAsync(after, PageSize, cancellationToken);
            var payments = await PaymentsAsync(page, cancellationToken);
            var audit = new JobAudit(windows, time.GetUtcNow());
            for (var i = 0; i < page.Count; i++)
            {
                Count(page[i], payments?[i], audit);
                if (audit.Of(page[i], payments?[i]).Any())
                {
                    await LookAgainAsync(page[i], cancellationToken);
                }
            }

            if (page.Count < PageSize)
            {
                return;
            }

            after = page[^1].Id;
        }
    }

    private void Count(JobFacts job, PaymentFacts? payment, JobAudit audit)
    {
        _jobs++;
        _forgotten += payment is not null && JobStateNames.IsTerminal(job.State) && job.State != JobStateNames.Rejected && audit.IsForgotten(job, payment) ? 1 : 0;
        foreach (var invariant in OfJobs)
        {
            _tallies[invariant].Count();
        }
    }

    /// <summary>A job moves while its parts are read, and the chain may be ahead of the row: neither is an offence.</summary>
    private async Task LookAgainAsync(JobFacts first, CancellationToken cancellationToken)
    {
        var version = first.Version;
        for (var look = 0; look < MaxLooks; look++)
        {
            await Task.Delay(_betweenLooks, time, cancellationToken);
            if (await rows.FindAsync(first.Id, cancellationToken) is not { } job)
            {
                _tallies["I8"].Add(first.Id.ToString(), "it was there, and is not any more: jobs are never deleted");
                return;
            }

            var payments = await PaymentsAsync([job], cancellationToken);
            var findings = new JobAudit(windows, time.GetUtcNow()).Of(job, payments?[0]).ToList();
            if (findings.Count == 0)
            {
                return;
            }

            if (job.Version == version)
            {
                findings.ForEach(f => _tallies[f.Invariant].Add(job.Id.ToString(), f.Detail));
                return;
            }

            version = job.Version;
        }

        if (_moving.Count < MaxListed)
        {
            _moving.Add(first.Id.ToString());
        }
    }

    /// <summary>In the order of the jobs; null: the chain is not asked.</summary>
    private async Task<IReadOnlyList<PaymentFacts>?> PaymentsAsync(IReadOnlyList<JobFacts> page, CancellationToken cancellationToken)
    {
        if (chain is null)
        {
            return null;
        }

        var asked = page.Where(j => j.Intent is not null).ToList();
        var answers = asked.Count == 0 ? [] : await chain.PaymentsAsync([.. asked.Select(j => j.Intent!.Id)], cancellationToken);
        var byJob = asked.Zip(answers).ToDictionary(p => p.First.Id, p => p.Second);
        return [.. page.Select(j => byJob.GetValueOrDefault(j.Id) ?? new PaymentFacts(null, 0))];
    }

    /// <summary>I8 from the other side: tokens are locked for jobs that are here, and for nothing else.</summary>
    private async Task AuditOpenPaymentsAsync(IChainFacts asked, CancellationToken cancellationToken)
    {
        foreach (var payment in await asked.OpenAsync(cancellationToken))
        {
            _tallies["I8"].Count();
            if ((await rows.FindAsync(payment.JobId, cancellationToken))?.Intent?.Id != payment.IntentId)
            {
                _tallies["I8"].Add(payment.JobId.ToString(), $"{payment.Amount.BaseUnits} base units are locked on chain under {payment.IntentId}, and no such job was accepted here");
            }
        }
    }

    /// <summary>An accusation may arrive between two answers of the chain: what looks wrong is asked for a second time.</summary>
    private async Task AuditStakesAsync(IChainFacts asked, CancellationToken cancellationToken)
    {
        var nodes = await asked.StakesAsync(cancellationToken);
        if (nodes.SelectMany(StakeAudit.Of).Any())
        {
            await Task.Delay(_betweenLooks, time, cancellationToken);
            nodes = await asked.StakesAsync(cancellationToken);
        }

        _tallies["I9"].Count(nodes.Count);
        foreach (var node in nodes)
        {
            foreach (var finding in StakeAudit.Of(node))
            {
                _tallies["I9"].Add(node.NodeId.ToString(), finding.Detail);
            }
        }
    }

    private void Add(string invariant, IReadOnlyList<string> ids, string detail)
    {
        foreach (var id in ids)
        {
            _tallies[invariant].Add(id, detail);
        }
    }
}

using Hypernode.Cli.Client;
using Hypernode.Cli.Jobs.Files;
using Hypernode.Cli.Jobs.Runs;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Cli.Tests.Jobs.Runs;

/// <summary>The power is gone: nothing that runs after this sees it.</summary>
internal sealed class PowerCut : Exception;

/// <summary>An API that takes what it is sent, each job once, and ends it two questions later. It can be cut off before or after any call.</summary>
internal sealed class FakeMarket(TimeProvider time) : IMarket
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (Signed Signed, HyperAmount Amount, int Asked, bool Cancelled)> _jobs = [];
    private readonly Dictionary<string, HyperAmount> _signed = [];
    private int _calls;

    /// <summary>The power goes at this call, counted from 1; half of a call each: even ones after the call had its effect.</summary>
    public int? CutAt { get; set; }

    /// <summary>Of the next submissions the answer is lost: those of true after it was taken, those of false before.</summary>
    public Queue<bool> Lost { get; } = [];

    /// <summary>By a job's description.</summary>
    public Dictionary<string, string> Outcomes { get; } = [];

    /// <summary>Ids of jobs whose transaction the chain refuses; no escrow is made for them.</summary>
    public HashSet<string> Stale { get; } = [];

    /// <summary>Never ends by itself.</summary>
    public HashSet<string> Endless { get; } = [];

    public HashSet<string> Refused { get; } = [];

    /// <summary>What every submission is answered with; null: as it should be.</summary>
    public RefusedException? Answer { get; set; }

    /// <summary>What every successful job leaves.</summary>
    public Dictionary<string, byte[]> Leaves { get; } = new() { ["out.txt"] = "left"u8.ToArray() };

    public int Calls => _calls;

    public int MostAtOnce { get; private set; }

    /// <summary>The descriptions of all jobs that were ever accepted, each a payment.</summary>
    public IReadOnlyList<string> Paid { get { lock (_lock) { return [.. _jobs.Values.Select(j => j.Signed.Job.Description!)]; } } }

    public IReadOnlyList<JobSpec> Specs { get { lock (_lock) { return [.. _jobs.Values.Select(j => j.Signed.Job)]; } } }

    public IReadOnlyList<string> Signed { get { lock (_lock) { return [.. _signed.Keys]; } } }

    public int Signatures => _signed.Count;

    public Task UploadAsync(IReadOnlyList<Upload> uploads, CancellationToken cancellationToken) => Task.FromResult(Do(() => true));

    public Task<Funds> FundsAsync(CancellationToken cancellationToken) => Task.FromResult(new Funds(new HyperAmount(1), new HyperAmount(1)));

    public Task<Signed> SignAsync(HyperAmount amount, JobSpec job, CancellationToken cancellationToken) => Task.FromResult(Do(() =>
    {
        if (Refused.Contains(job.Description!))
        {
            throw new RefusedException(400, new ProblemAnswer("urn:x", 400, "no such image", null), "");
        }

        var id = $"job-{Guid.NewGuid()}";
        _signed[id] = amount;
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var intent = new IntentBody(Guid.NewGuid().ToString(), "payer", amount.ToString(), id, now, now + 3_600_000, new string('0', 64));
        return new Signed(
            job, new PreparedIntent(intent, "text", new RevealBody("salt", now), job.Hash().ToString(), new DeploymentBody("localnet", "c", "p", "m")), new Agreement("signature"));
    }));

    public Task SubmitAsync(Signed signed, CancellationToken cancellationToken) => Task.FromResult(Do(() =>
    {
        if (Answer is not null)
        {
            throw Answer;
        }

        bool? lost = Lost.TryDequeue(out var taken) ? taken : null;
        if (lost != false)
        {
            _jobs.TryAdd(signed.JobId, (signed, _signed.GetValueOrDefault(signed.JobId), 0, false));
            MostAtOnce = Math.Max(MostAtOnce, _jobs.Values.Count(j => j.Asked < 2));
        }

        return lost is null ? true : throw new HttpRequestException("the line is dead");
    }));

    public Task<JobAnswer?> FindAsync(string jobId, CancellationToken cancellationToken) => Task.FromResult(Do(() =>
    {
        if (!_jobs.TryGetValue(jobId, out var job))
        {
            return null;
        }

        var name = job.Signed.Job.Description!;
        var ends = job.Asked >= 1 && !Endless.Contains(name);
        _jobs[jobId] = job with { Asked = job.Asked + (Endless.Contains(name) ? 0 : 1) };
        var (state, outcome) = job.Cancelled ? (JobStateNames.Refunded, "Cancelled")
            : !ends ? (JobStateNames.Executing, null)
            : Stale.Contains(jobId) ? (JobStateNames.Rejected, "LockFailed")
            : Outcomes.GetValueOrDefault(name) is { } other ? (other == "Expired" ? JobStateNames.Refunded : JobStateNames.Paid, other)
            : (JobStateNames.Paid, (string?)nameof(Verdict.Succeeded));
        var charge = state == JobStateNames.Paid ? 10UL : 0;
        return new JobAnswer(jobId, state, outcome, 1, null, job.Amount.BaseUnits, charge, 0, 0, 0, job.Amount.BaseUnits - charge, "i", 0, null, null, [], [], 0, null);
    }));

    public Task<bool> IsOnChainAsync(string intentId, CancellationToken cancellationToken) => Task.FromResult(Do(() => _jobs.Values.Any(j => j.Signed.IntentId == intentId && !Stale.Contains(j.Signed.JobId))));

    public Task CancelAsync(string jobId, CancellationToken cancellationToken) => Task.FromResult(Do(() =>
    {
        _jobs[jobId] = _jobs[jobId] with { Cancelled = true };
        return true;
    }));

    public Task<IReadOnlyList<Artifact>> ArtifactsAsync(Signed signed, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Artifact>>(
        Do(() => _jobs[signed.JobId].Signed.Job.Hash() == signed.Job.Hash() && !Outcomes.ContainsKey(signed.Job.Description!) ? Leaves.Select(l => new Artifact(l.Key, Hash256.Of(l.Value), l.Value.Length)).ToArray() : []));

    public Task<byte[]> ResultAsync(string jobId, string name, CancellationToken cancellationToken) => Task.FromResult(Do(() => Leaves[name]));

    private T Do<T>(Func<T> effect)
    {
        lock (_lock)
        {
            Cut();
            try
            {
                return effect();
            }
            finally
            {
                Cut();
            }
        }
    }

    private void Cut()
    {
        if (CutAt is { } at && ++_calls >= at)
        {
            throw new PowerCut();
        }

        _calls += CutAt is null ? 1 : 0;
    }
}

using System.Text;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Simulation.World;

/// <summary>Payers: they sign, submit until they are answered, repeat themselves, cancel, run out of money, and try old nonces again.</summary>
internal sealed class SimClients(Universe universe)
{
    private readonly List<WalletAddress> _payers = [];

    /// <summary>Jobs that have been answered with Accepted or Repeated.</summary>
    public HashSet<JobId> Accepted { get; } = [];

    public HashSet<JobId> Cancelled { get; } = [];

    public int Unanswered { get; private set; }

    public void Begin()
    {
        for (var i = 0; i < 4; i++)
        {
            var payer = universe.NewWallet();
            _payers.Add(payer);
            universe.Chain.Mint(payer, 1_000_000_000, allowance: 900_000_000);
        }

        var span = universe.Jobs * 0.9;
        for (var i = 0; i < universe.Jobs; i++)
        {
            Unanswered++;
            universe.Loop.After(universe.Random.Seconds(1, 1 + span), SubmitOne);
        }
    }

    private void SubmitOne()
    {
        var random = universe.Random;
        var submission = Make(random.Pick(_payers), universe.Loop.Now);
        universe.Truth.Fix(submission.Intent.JobId, new JobNature(random.Chance(0.15) ? random.Between(1, 3) : 0, 0.3 + (random.NextDouble() * 1.4)));
        Submit(submission, IntakeResult.Accepted, counts: true);
        if (random.Chance(0.06))
        {
            // The same once more: the same answer.
            universe.Loop.After(random.Seconds(0, 60), () => Submit(submission, IntakeResult.Repeated, counts: false));
        }

        if (random.Chance(0.03))
        {
            // Another job under a nonce that was used (I6).
            var stolen = submission with { Intent = submission.Intent with { JobId = new JobId(random.NextGuid()), IntentId = new IntentId(random.NextGuid()) } };
            universe.Loop.After(random.Seconds(5, 60), () => Submit(stolen, IntakeResult.NonceUsed, counts: false));
        }

        if (random.Chance(0.1))
        {
            universe.Loop.After(random.Seconds(0, 60), () => Cancel(submission.Intent.JobId));
        }

        if (random.Chance(0.01))
        {
            // The allowance is spent elsewhere before the lock.
            universe.Loop.After(random.Seconds(0, 2), () => Starve(submission.Intent.Client));
        }

        if (random.Chance(0.1))
        {
            var late = DateTimeOffset.FromUnixTimeSeconds(submission.SettleBy + universe.Windows.RefundGraceSeconds) + random.Seconds(0, 3);
            universe.Loop.At(late, () => RefundAsAnyone(submission.Intent.IntentId));
        }
    }

    private JobSubmission Make(WalletAddress payer, DateTimeOffset now)
    {
        var random = universe.Random;
        var spec = new JobSpec(JobType.Inference, "sha256:" + new string('a', 64), new JobLimits(1_000, 512), random.Between(2, 14), Script: "echo done");
        var (job, intent, salt) = (new JobId(random.NextGuid()), new IntentId(random.NextGuid()), Hash256.FromBytes(random.NextBytes(32)));
        var made = now.ToUnixTimeMilliseconds() - random.Between(0, 5_000);
        var expires = made + random.Between(20_000, 90_000);
        var settleBy = universe.Windows.SettleBy(expires, spec.RunLimit());
        var hash = spec.Hash();
        var nonce = IntentNonce.Compute(universe.Deployment, payer, hash, settleBy, salt);
        var amount = random.Chance(0.02) ? 2_000_000_000UL : (ulong)random.Between(30_000, 90_000);
        var payment = new PaymentIntent(intent, payer, new HyperAmount(amount), job, made, expires, nonce);
        var signature = HostEscrow.Sign(random.Chance(0.02) ? universe.NewWallet() : payer, Encoding.UTF8.GetBytes(payment.ToSigningText()));
        return new JobSubmission(payment, new PayerSignature(signature), spec, hash, settleBy, salt, now);
    }

    /// <summary>Asked again until somebody answers: a host may die with the question.</summary>
    private async void Submit(JobSubmission submission, IntakeResult expected, bool counts)
    {
        try
        {
            for (var tries = 1; ; tries++)
            {
                var result = await AskAsync(parts => parts.SubmitAsync(submission));
                if (result is null)
                {
                    await PauseAsync(universe.Random.Seconds(0.5, 3));
                    continue;
                }

                universe.Audit.Answered(submission, result.Value, expected, tries);
                if (result is IntakeResult.Accepted or IntakeResult.Repeated)
                {
                    Accepted.Add(submission.Intent.JobId);
                }

                Unanswered -= counts ? 1 : 0;
                return;
            }
        }
        catch (Exception e)
        {
            universe.Audit.Violate("harness", submission.Intent.JobId, e.ToString());
        }
    }

    private async void Cancel(JobId job)
    {
        try
        {
            if (!universe.Database.Jobs.ContainsKey(job))
            {
                return;
            }

            Cancelled.Add(job);
            universe.Trace.Add("cancel", job.Value);
            while (await AskAsync(async parts =>
            {
                await parts.Sender.SendAsync(new CancelRequested(job), CancellationToken.None);
                return (bool?)true;
            }) is null)
            {
                await PauseAsync(universe.Random.Seconds(0.5, 3));
            }
        }
        catch (Exception e)
        {
            universe.Audit.Violate("harness", job, e.ToString());
        }
    }

    private void Starve(WalletAddress payer)
    {
        var wallet = universe.Chain.WalletOf(payer);
        var allowance = wallet.Allowance;
        wallet.Allowance = 0;
        universe.Loop.After(universe.Random.Seconds(1, 8), () => wallet.Allowance = allowance);
    }

    private void RefundAsAnyone(IntentId intent)
    {
        if (universe.Chain.Payments.ContainsKey(intent))
        {
            var signature = universe.Chain.NewSignature();
            universe.Chain.Land(signature, ulong.MaxValue, () => universe.Chain.Refund(intent, null, "refund:anyone", signature));
        }
    }

    /// <summary>One request to a host that lives; null: it failed, or nobody answered in time.</summary>
    private async Task<T?> AskAsync<T>(Func<HostParts, Task<T?>> ask)
        where T : struct
    {
        var alive = universe.Hosts.Where(h => h.Alive).ToList();
        if (alive.Count == 0)
        {
            return null;
        }

        var answer = new TaskCompletionSource<T?>();
        universe.Loop.After(TimeSpan.FromSeconds(20), () => answer.TrySetResult(null));
        Forward(ask(universe.Random.Pick(alive).Parts), answer);
        return await answer.Task;
    }

    private Task<IntakeResult?> AskAsync(Func<HostParts, Task<IntakeResult>> ask) => AskAsync<IntakeResult>(async parts => await ask(parts));

    private static async void Forward<T>(Task<T> work, TaskCompletionSource<T> answer)
    {
        try
        {
            answer.TrySetResult(await work);
        }
        catch (Exception e) when (e is not HarnessFailure)
        {
            answer.TrySetResult(default!);
        }
    }

    private Task PauseAsync(TimeSpan time)
    {
        var done = new TaskCompletionSource();
        universe.Loop.After(time, done.SetResult);
        return done.Task;
    }

    private sealed class HarnessFailure : Exception;
}

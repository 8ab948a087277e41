using System.Text.Json;
using Hypernode.Bench.Stack;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Options;

namespace Hypernode.Bench.Api;

/// <summary>Bodies for the submit route, as wallets would send them; signed before anything is measured.</summary>
internal sealed class SignedBodies : IDisposable
{
    private readonly SimulatedChain _chain = new(Options.Create(new LoadOptions()));
    private readonly Wallet _wallet;
    private readonly List<JobSubmission> _ofFirst = [];

    public SignedBodies() => _wallet = new Wallet(_chain, Options.Create(new WorkflowWindows()), TimeProvider.System);

    /// <summary>The payer whose jobs are read.</summary>
    public Solana.Account First => _wallet.Payers[0];

    public IEnumerable<JobId> JobsOfFirst => _ofFirst.Select(s => s.Intent.JobId);

    public IReadOnlyList<string> Take(int count)
    {
        var submissions = Enumerable.Range(0, count).Select(_ => _wallet.Sign()).ToList();
        _ofFirst.AddRange(submissions.Where(s => s.Intent.Client.ToString() == First.PublicKey.Key));
        return submissions.ConvertAll(BodyOf);
    }

    public void Dispose()
    {
        _wallet.Dispose();
        _chain.Dispose();
    }

    private static string BodyOf(JobSubmission submission)
    {
        var (intent, spec) = (submission.Intent, submission.Spec);
        return JsonSerializer.Serialize(new
        {
            paymentIntent = new
            {
                intentId = intent.IntentId.ToString(),
                client = intent.Client.ToString(),
                amount = intent.Amount.ToString(),
                jobId = intent.JobId.ToString(),
                timestamp = intent.Timestamp,
                expiresAt = intent.ExpiresAt,
                nonce = intent.Nonce.ToString(),
            },
            signature = submission.Signature.Value,
            publicKey = intent.Client.ToString(),
            job = new
            {
                type = "custom",
                image = spec.Image,
                limits = new { cpuMillis = spec.Limits.CpuMillis, memoryMb = spec.Limits.MemoryMb, outputMb = spec.Limits.OutputMb, timeoutSeconds = spec.Limits.TimeoutSeconds },
                estimatedTime = spec.EstimatedTime,
                script = spec.Script,
            },
            reveal = new { salt = submission.Salt.ToString(), settleBy = submission.SettleBy },
        });
    }
}

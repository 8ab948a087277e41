using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Solana;
using Microsoft.Extensions.Options;

namespace Hypernode.Bench.Stack;

/// <summary>Payers that sign: a submission is as complete and as truly signed as one that comes through the API.</summary>
internal sealed class Wallet(IEscrow escrow, IOptions<WorkflowWindows> windows, TimeProvider time) : IDisposable
{
    private const int PayerCount = 16;
    private static readonly TimeSpan _lifetime = TimeSpan.FromHours(12);
    private static readonly HyperAmount _amount = new(5 * HyperAmount.UnitsPerHyper);

    private static readonly JobSpec _spec = new(
        JobType.Custom,
        $"sha256:{new string('0', 64)}",
        new JobLimits(CpuMillis: 500, MemoryMb: 256),
        EstimatedTime: 3600, // open jobs stay open
        Script: "echo done");

    private readonly Hash256 _specHash = _spec.Hash();
    private readonly Account[] _payers = [.. Enumerable.Range(0, PayerCount).Select(_ => new Account())];
    private int _next;

    public IReadOnlyList<Account> Payers => _payers;

    public JobSubmission Sign()
    {
        var payer = _payers[_next++ % PayerCount];
        var now = time.GetUtcNow();
        var (client, expires) = (WalletAddress.FromBytes(payer.PublicKey.AsSpan()), now.Add(_lifetime).ToUnixTimeMilliseconds());
        var settleBy = windows.Value.SettleBy(expires, _spec.RunLimit());
        var salt = Hash256.FromBytes(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        var intent = new PaymentIntent(
            new IntentId(Guid.NewGuid()),
            client,
            _amount,
            new JobId(Guid.NewGuid()),
            now.ToUnixTimeMilliseconds(),
            expires,
            IntentNonce.Compute(escrow.Deployment, client, _specHash, settleBy, salt));
        var signature = Contracts.Text.Base58.Encode(payer.Sign(System.Text.Encoding.UTF8.GetBytes(intent.ToSigningText())));
        return new JobSubmission(intent, new PayerSignature(signature), _spec, _specHash, settleBy, salt, now);
    }

    public void Dispose()
    {
        foreach (var payer in _payers)
        {
            payer.Dispose();
        }
    }
}

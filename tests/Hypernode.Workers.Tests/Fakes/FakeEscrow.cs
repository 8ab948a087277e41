using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Solana;
using ContractBase58 = Hypernode.Contracts.Text.Base58;

namespace Hypernode.Workers.Tests.Fakes;

/// <summary>A chain that answers as told; signatures are checked for real.</summary>
public sealed class FakeEscrow : IEscrow
{
    public Deployment Deployment { get; set; } = new("localnet", Key.Hash(1), new Key(2).Address, new Key(3).Address);

    public EscrowAnswer Answer { get; set; } = new EscrowAnswer.Unknown(null, "not told");

    /// <summary>Given to the calls that come after the first.</summary>
    public EscrowAnswer? NextAnswer { get; set; }

    public EscrowView? Payment { get; set; }

    public PayerFunds Funds { get; set; } = new(new HyperAmount(1_000_000), new HyperAmount(1_000_000));

    public bool Reachable { get; set; } = true;

    public List<EscrowView> Open { get; } = [];

    public List<object> Asked { get; } = [];

    public long? OpenPastAskedWith { get; private set; }

    public Task<EscrowAnswer> LockAsync(LockEscrow command, CancellationToken cancellationToken) => Reply(command);

    public Task<EscrowAnswer> AssignAsync(AssignNode command, CancellationToken cancellationToken) => Reply(command);

    public Task<EscrowAnswer> SettleAsync(SettlePayment command, CancellationToken cancellationToken) => Reply(command);

    public Task<EscrowAnswer> RefundAsync(RefundPayment command, CancellationToken cancellationToken) => Reply(command);

    public Task<EscrowView?> FindAsync(IntentId intent, CancellationToken cancellationToken) =>
        Reachable ? Task.FromResult(Payment) : throw new IOException("no route to the chain");

    public Task<PayerFunds> FundsOfAsync(WalletAddress payer, CancellationToken cancellationToken) =>
        Reachable ? Task.FromResult(Funds) : throw new IOException("no route to the chain");

    public Task<IReadOnlyList<EscrowView>> OpenPastAsync(long settleBy, CancellationToken cancellationToken)
    {
        OpenPastAskedWith = settleBy;
        return Task.FromResult<IReadOnlyList<EscrowView>>([.. Open.Where(p => p.SettleBy < settleBy)]);
    }

    public bool Verify(WalletAddress signer, ReadOnlySpan<byte> message, string signatureBase58) =>
        ContractBase58.TryDecode(signatureBase58, out var signature) && signature.Length == 64
        && Ed25519.Verify(signer.ToBytes(), message, signature);

    private Task<EscrowAnswer> Reply(object command)
    {
        Asked.Add(command);
        return Task.FromResult(Asked.Count > 1 && NextAnswer is not null ? NextAnswer : Answer);
    }

    public static PendingTransaction Pending(string signature = "sent") => new(signature, 150);
}

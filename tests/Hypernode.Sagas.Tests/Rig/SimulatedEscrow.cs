using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Sagas.Tests.Rig;

/// <summary>How the chain treats one call.</summary>
internal enum Mishap
{
    /// <summary>It lands, and the answer is lost.</summary>
    LandsUnknown,

    /// <summary>It is dropped, and the answer says only "not known".</summary>
    LostUnknown,

    /// <summary>Refused for a cause that passes.</summary>
    RefusedForNow,

    /// <summary>Refused for good.</summary>
    RefusedForGood,
}

/// <summary>A chain in memory, with the program's own rules: it is the judge of the money. It outlives every host.</summary>
internal sealed class SimulatedEscrow(VirtualTime time, WorkflowWindows windows) : IEscrow
{
    private readonly Dictionary<IntentId, EscrowView> _payments = [];
    private readonly Dictionary<Type, Queue<Mishap>> _mishaps = [];

    public Deployment Deployment { get; } = new("simulated", Hash256.Zero, default, default);

    /// <summary>Transactions that changed something, by command: a second one of a kind would be a second movement of money.</summary>
    public List<object> Landed { get; } = [];

    public HyperAmount Deposited { get; private set; }

    public HyperAmount PaidOut { get; private set; }

    public HyperAmount Returned { get; private set; }

    public HyperAmount Held => _payments.Values.Where(p => p.Status == EscrowStatus.Pending).Aggregate(HyperAmount.Zero, (sum, p) => sum + p.Amount);

    public SimulatedEscrow Next<TCommand>(params Mishap[] mishaps)
    {
        _mishaps[typeof(TCommand)] = new(mishaps);
        return this;
    }

    public EscrowView Payment(IntentId intent) => _payments[intent];

    public Task<EscrowAnswer> LockAsync(LockEscrow command, CancellationToken cancellationToken) => Transact(command, command.Intent.IntentId, before =>
        before is not null ? before : new EscrowView(
            command.Intent.IntentId, command.JobId, command.Intent.Client, default, command.Intent.Amount, EscrowStatus.Pending, 0, null, command.SettleBy,
            HyperAmount.Zero, Hash256.Zero, Hash256.Zero, null));

    public Task<EscrowAnswer> AssignAsync(AssignNode command, CancellationToken cancellationToken) => Transact(command, command.IntentId, before =>
        before is not { Status: EscrowStatus.Pending } ? null
        : before.Attempt > command.Attempt ? null // an older attempt never displaces a newer one
        : before with { Attempt = command.Attempt, AssignedNode = command.Authority });

    public Task<EscrowAnswer> SettleAsync(SettlePayment command, CancellationToken cancellationToken) => Transact(command, command.IntentId, before =>
        before is null ? null
        : before.Status != EscrowStatus.Pending ? before
        : before.Attempt != command.Attempt || before.AssignedNode != command.Authority || time.Now.ToUnixTimeSeconds() > before.SettleBy ? null
        : before with { Status = EscrowStatus.Completed, Charge = command.Charge, ExecutionHash = command.ExecutionHash, LogsHash = command.LogsHash });

    public Task<EscrowAnswer> RefundAsync(RefundPayment command, CancellationToken cancellationToken) => Transact(command, command.IntentId, before =>
        before is null ? null
        : before.Status != EscrowStatus.Pending ? before
        : command.Reason == RefundReason.Expired && time.Now.ToUnixTimeSeconds() <= before.SettleBy + windows.RefundGraceSeconds ? null
        : before with { Status = EscrowStatus.Refunded });

    public Task<EscrowView?> FindAsync(IntentId intent, CancellationToken cancellationToken) => Task.FromResult(_payments.GetValueOrDefault(intent));

    public Task<PayerFunds> FundsOfAsync(WalletAddress payer, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<EscrowView>> OpenPastAsync(long settleBy, CancellationToken cancellationToken) => throw new NotSupportedException();

    public bool Verify(WalletAddress signer, ReadOnlySpan<byte> message, string signatureBase58) => throw new NotSupportedException();

    /// <param name="apply">Null: the program refuses; the same view: it is so already.</param>
    private Task<EscrowAnswer> Transact(object command, IntentId intent, Func<EscrowView?, EscrowView?> apply)
    {
        var before = _payments.GetValueOrDefault(intent);
        var after = apply(before);
        Mishap? mishap = _mishaps.TryGetValue(command.GetType(), out var queue) && queue.TryDequeue(out var next) ? next : null;
        if (mishap is Mishap.LostUnknown)
        {
            return Answer(new EscrowAnswer.Unknown(new PendingTransaction("sent", 100), "no answer"));
        }

        if (mishap is Mishap.RefusedForNow or Mishap.RefusedForGood)
        {
            return Answer(new EscrowAnswer.Refused("refused", "as told", CanRetry: mishap is Mishap.RefusedForNow));
        }

        if (after is null)
        {
            return Answer(new EscrowAnswer.Refused("not-allowed", command.GetType().Name, CanRetry: command is RefundPayment));
        }

        if (after != before)
        {
            Land(command, before, after);
        }

        return Answer(mishap is Mishap.LandsUnknown
            ? new EscrowAnswer.Unknown(new PendingTransaction("sent", 100), "no answer")
            : new EscrowAnswer.Done($"{command.GetType().Name}-{after.Attempt}", after));
    }

    private void Land(object command, EscrowView? before, EscrowView after)
    {
        Landed.Add(command);
        _payments[after.IntentId] = after;
        Deposited += before is null ? after.Amount : HyperAmount.Zero;
        switch (after.Status)
        {
            case EscrowStatus.Completed:
                PaidOut += after.Charge;
                Returned += after.Amount - after.Charge;
                break;
            case EscrowStatus.Refunded:
                Returned += after.Amount;
                break;
        }
    }

    private static Task<EscrowAnswer> Answer(EscrowAnswer answer) => Task.FromResult(answer);
}

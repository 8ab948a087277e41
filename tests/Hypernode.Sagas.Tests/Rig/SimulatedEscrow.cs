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

    /// <summary>Refused for good by an RPC node that is behind: it shows the payment as still open, whatever is so.</summary>
    SaysRefused,
}

/// <summary>A chain in memory, with the program's own rules: it is the judge of the money. It outlives every host.</summary>
internal sealed class SimulatedEscrow(VirtualTime time, WorkflowWindows windows) : IEscrow
{
    private readonly Dictionary<IntentId, EscrowView> _payments = [];
    private readonly Dictionary<Type, Queue<Mishap>> _mishaps = [];
    private readonly List<Func<object, Mishap?>> _always = [];
    private bool _anybodyRefunds;
    private bool _behind;

    public Deployment Deployment { get; } = new("simulated", Hash256.Zero, default, default);

    /// <summary>Transactions that changed something, by command: a second one of a kind would be a second movement of money.</summary>
    public List<object> Landed { get; } = [];

    public HyperAmount Deposited { get; private set; }

    public HyperAmount PaidOut { get; private set; }

    public HyperAmount Returned { get; private set; }

    public HyperAmount Held => _payments.Values.Where(p => p.Status == EscrowStatus.Pending).Aggregate(HyperAmount.Zero, (sum, p) => sum + p.Amount);

    /// <summary>So treated however often it is asked.</summary>
    public SimulatedEscrow Always<TCommand>(Mishap mishap, Func<TCommand, bool>? which = null)
        where TCommand : class
    {
        _always.Add(c => c is TCommand command && which?.Invoke(command) != false ? mishap : null);
        return this;
    }

    /// <summary>Everything of this kind is dropped until this much time has passed.</summary>
    public SimulatedEscrow AwayUntil<TCommand>(TimeSpan since)
        where TCommand : class
    {
        var back = time.Now + since;
        return Always<TCommand>(Mishap.LostUnknown, _ => time.Now < back);
    }

    public SimulatedEscrow Next<TCommand>(params Mishap[] mishaps)
    {
        _mishaps[typeof(TCommand)] = new(mishaps);
        return this;
    }

    /// <summary>After settle_by and its grace a stranger refunds whatever is still open.</summary>
    public SimulatedEscrow RefundedByAnybody()
    {
        _anybodyRefunds = true;
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
        : command.Reason == RefundReason.Expired && !IsPast(before) ? null
        : before with { Status = EscrowStatus.Refunded });

    public Task<EscrowView?> FindAsync(IntentId intent, CancellationToken cancellationToken)
    {
        var payment = _payments.GetValueOrDefault(intent);
        return Task.FromResult(_behind && payment is not null ? payment with { Status = EscrowStatus.Pending } : payment);
    }

    public Task<PayerFunds> FundsOfAsync(WalletAddress payer, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<EscrowView>> OpenPastAsync(long settleBy, CancellationToken cancellationToken) => throw new NotSupportedException();

    public bool Verify(WalletAddress signer, ReadOnlySpan<byte> message, string signatureBase58) => throw new NotSupportedException();

    private bool IsPast(EscrowView payment) => time.Now.ToUnixTimeSeconds() > payment.SettleBy + windows.RefundGraceSeconds;

    /// <param name="apply">Null: the program refuses; the same view: it is so already.</param>
    private Task<EscrowAnswer> Transact(object command, IntentId intent, Func<EscrowView?, EscrowView?> apply)
    {
        var before = _payments.GetValueOrDefault(intent);
        var after = apply(before);
        var mishap = _always.Select(a => a(command)).FirstOrDefault(m => m is not null) ?? NextMishap(command);
        if (mishap is Mishap.LostUnknown)
        {
            return Answer(new EscrowAnswer.Unknown(new PendingTransaction("sent", 100), "no answer"));
        }

        if (_anybodyRefunds && command is SettlePayment && before is { Status: EscrowStatus.Pending } && IsPast(before))
        {
            Land(command, before, before with { Status = EscrowStatus.Refunded });
            before = after = _payments[intent];
        }

        _behind = mishap is Mishap.SaysRefused;
        if (mishap is Mishap.RefusedForNow or Mishap.RefusedForGood or Mishap.SaysRefused)
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

    private Mishap? NextMishap(object command) =>
        _mishaps.TryGetValue(command.GetType(), out var queue) && queue.TryDequeue(out var next) ? next : null;

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

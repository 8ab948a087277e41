using System.Security.Cryptography;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Simulation.Faults;

namespace Hypernode.Simulation.World;

/// <summary>
/// SIMULATED escrow adapter of one host. It keeps the order of the real one (look, ask for the pending transaction, build, send,
/// wait, look again) over an RPC that lags, breaks and lies.
/// </summary>
internal sealed class HostEscrow(Universe universe, SimHost host) : IEscrow
{
    private const double ConfirmationSeconds = 6;

    private static readonly HashSet<string> Passing = new(StringComparer.Ordinal) { "NotYetRefundable", "BlockhashNotFound", "InsufficientFundsForFee" };

    private readonly SimChain _chain = universe.Chain;

    public Deployment Deployment => universe.Deployment;

    public Task<EscrowAnswer> LockAsync(LockEscrow command, CancellationToken cancellationToken) => MoveAsync(
        command.Intent.IntentId,
        "lock",
        command.JobId,
        command.Pending,
        _ => true,
        _ => new Step(signature => _chain.Lock(command, signature)));

    public Task<EscrowAnswer> AssignAsync(AssignNode command, CancellationToken cancellationToken) => MoveAsync(
        command.IntentId,
        "assign",
        command.JobId,
        null,
        payment => payment.Attempt >= command.Attempt,
        payment => payment switch
        {
            null => Missing(command.IntentId),
            { Status: not EscrowStatus.Pending } => Refuse("InvalidPaymentStatus"),
            _ => new Step(signature => _chain.Assign(command, signature)),
        });

    public Task<EscrowAnswer> SettleAsync(SettlePayment command, CancellationToken cancellationToken) => MoveAsync(
        command.IntentId,
        "settle",
        command.JobId,
        command.Pending,
        payment => payment.Status != EscrowStatus.Pending,
        payment => payment is null ? Missing(command.IntentId)
            : payment.Attempt != command.Attempt || payment.AssignedNode != command.Authority || payment.JobId != command.JobId
                // As the real adapter has it: a chain that shows an earlier attempt is behind, one that shows a later one never goes back.
                ? Refuse("attempt-mismatch", canRetry: payment.Attempt < command.Attempt)
            : command.Charge.BaseUnits == 0 || command.Charge > payment.Amount ? Refuse("ChargeOutOfRange")
            : command.Verdict is not (Verdict.Succeeded or Verdict.JobFault or Verdict.Cancelled) ? Refuse("verdict-not-payable")
            : new Step(signature => _chain.Settle(command, signature)));

    public Task<EscrowAnswer> RefundAsync(RefundPayment command, CancellationToken cancellationToken) => MoveAsync(
        command.IntentId,
        "refund",
        command.JobId,
        command.Pending,
        payment => payment.Status != EscrowStatus.Pending,
        payment => payment is null ? Missing(command.IntentId)
            : command.Reason == RefundReason.Expired ? new Step(signature => _chain.Refund(command.IntentId, null, "refund:Expired", signature))
            : payment.Attempt <= command.Attempt
                ? new Step(signature => _chain.Refund(command.IntentId, payment.Attempt, $"refund:{command.Reason}", signature))
            : Refuse("attempt-mismatch"));

    public Task<EscrowView?> FindAsync(IntentId intent, CancellationToken cancellationToken) => RpcAsync(() => Look(intent));

    public Task<PayerFunds> FundsOfAsync(WalletAddress payer, CancellationToken cancellationToken) => RpcAsync(() =>
    {
        var wallet = _chain.WalletOf(payer);
        return new PayerFunds(new HyperAmount(wallet.Balance), new HyperAmount(wallet.Allowance));
    });

    public Task<IReadOnlyList<EscrowView>> OpenPastAsync(long settleBy, CancellationToken cancellationToken) => RpcAsync<IReadOnlyList<EscrowView>>(() =>
        [.. _chain.Payments.Values.Select(p => p.View).Where(p => p.Status == EscrowStatus.Pending && p.SettleBy < settleBy).OrderBy(p => p.SettleBy)]);

    public bool Verify(WalletAddress signer, ReadOnlySpan<byte> message, string signatureBase58) => signatureBase58 == Sign(signer, message);

    /// <summary>SIMULATED: a keyed hash stands for Ed25519, so that a universe costs microseconds. Only the world signs, and never for another's key.</summary>
    public static string Sign(WalletAddress key, ReadOnlySpan<byte> message)
    {
        Span<byte> hash = stackalloc byte[32];
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(System.Text.Encoding.ASCII.GetBytes(key.ToString()));
        sha.AppendData(message);
        sha.GetHashAndReset(hash);
        return Convert.ToHexString(hash);
    }

    private async Task<EscrowAnswer> MoveAsync(
        IntentId intent, string what, JobId job, PendingTransaction? pending, Func<EscrowView, bool> isSo, Func<EscrowView?, Step> build)
    {
        universe.Saw.Asked(what, job);
        try
        {
            var payment = await RpcAsync(() => Look(intent));
            if (payment is not null && isSo(payment))
            {
                return new EscrowAnswer.Done(payment.LastSignature ?? "", payment);
            }

            if (pending is not null)
            {
                if (await AskForAsync(intent, pending, isSo) is { } answer)
                {
                    return answer;
                }

                payment = await RpcAsync(() => Look(intent));
            }

            var step = build(payment);
            return step.Refusal ?? await SendAsync(intent, what, step.Execute!, isSo);
        }
        catch (IOException e)
        {
            return new EscrowAnswer.Unknown(pending, e.Message);
        }
    }

    private async Task<EscrowAnswer> SendAsync(IntentId intent, string what, Action<string> execute, Func<EscrowView, bool> isSo)
    {
        var lastValid = await RpcAsync(() => _chain.Height + SimChain.Lifetime);
        var signature = _chain.NewSignature();
        universe.Trace.Add("send transaction", intent.Value, more: what);
        universe.Saw.Sent(what, intent);
        var pending = new PendingTransaction(signature, lastValid);
        try
        {
            await RpcAsync(() =>
            {
                Launch(signature, lastValid, execute);
                return true;
            });
        }
        catch (IOException e)
        {
            return new EscrowAnswer.Unknown(pending, e.Message);
        }

        try
        {
            switch (await AwaitAsync(pending))
            {
                case Fate.Unknown:
                    universe.Faults.Happened(FaultId.F23);
                    return new EscrowAnswer.Unknown(pending, "no answer within the time");
                case Fate.Landed:
                    return await ReadBackAsync(intent, pending, isSo);
                case var fate:
                    var code = _chain.StatusOf(signature);
                    return await RpcAsync(() => Look(intent)) is { } payment && isSo(payment)
                        ? new EscrowAnswer.Done(payment.LastSignature ?? "", payment)
                        : fate == Fate.Expired ? new EscrowAnswer.Refused("transaction-expired", "it did not land in time", CanRetry: true)
                        : new EscrowAnswer.Refused(code!, code!, Passing.Contains(code!));
            }
        }
        catch (IOException e)
        {
            return new EscrowAnswer.Unknown(pending, e.Message);
        }
    }

    /// <summary>The transaction is on its way to the leader: it lands, or is dropped (F22), or lands when nobody waits any more (F23).</summary>
    private void Launch(string signature, ulong lastValid, Action<string> execute)
    {
        if (universe.Faults.Strike(FaultId.F22, 0.03))
        {
            return;
        }

        var late = universe.Faults.Roll(FaultId.F23, 0.03);
        var delay = late ? universe.Random.Seconds(ConfirmationSeconds, SimChain.Lifetime * SimChain.BlockSeconds) : universe.Random.Seconds(0.4, 1.6);
        universe.Loop.After(delay, () => _chain.Land(signature, lastValid, () => execute(signature)));
        if (universe.Faults.Strike(FaultId.F23, 0.02))
        {
            // Sent to two leaders: the second landing must change nothing.
            universe.Loop.After(delay + universe.Random.Seconds(0, 2), () => _chain.Land(signature, lastValid, () => execute(signature)));
        }
    }

    private async Task<EscrowAnswer?> AskForAsync(IntentId intent, PendingTransaction pending, Func<EscrowView, bool> isSo) => await AwaitAsync(pending) switch
    {
        Fate.Unknown => new EscrowAnswer.Unknown(pending, "still no answer"),
        Fate.Landed => await ReadBackAsync(intent, pending, isSo),
        _ => await RpcAsync(() => Look(intent)) is { } payment && isSo(payment) ? new EscrowAnswer.Done(payment.LastSignature ?? "", payment) : null,
    };

    private async Task<EscrowAnswer> ReadBackAsync(IntentId intent, PendingTransaction pending, Func<EscrowView, bool> isSo)
    {
        for (var waited = 0.0; waited < ConfirmationSeconds; waited++)
        {
            if (await RpcAsync(() => Look(intent)) is { } payment && isSo(payment))
            {
                return new EscrowAnswer.Done(pending.Signature, payment);
            }

            await host.PauseAsync(TimeSpan.FromSeconds(1));
        }

        return new EscrowAnswer.Unknown(pending, "it landed, but the account does not show it yet");
    }

    private async Task<Fate> AwaitAsync(PendingTransaction pending)
    {
        var deadline = universe.Loop.Now + TimeSpan.FromSeconds(ConfirmationSeconds);
        while (true)
        {
            var (status, height) = await RpcAsync(() => (_chain.StatusOf(pending.Signature), _chain.Height));
            if (status is not null)
            {
                return status.Length == 0 ? Fate.Landed : Fate.Failed;
            }

            if (height > pending.LastValidBlockHeight)
            {
                return Fate.Expired;
            }

            if (universe.Loop.Now > deadline)
            {
                return Fate.Unknown;
            }

            await host.PauseAsync(TimeSpan.FromMilliseconds(700));
        }
    }

    /// <summary>The account as this RPC node shows it: perhaps as it was a while ago (F24).</summary>
    private EscrowView? Look(IntentId intent)
    {
        if (!_chain.Payments.TryGetValue(intent, out var payment))
        {
            return null;
        }

        if (universe.Faults.Roll(FaultId.F24, 0.03))
        {
            var then = universe.Loop.Now - universe.Random.Seconds(0.2, 15);
            var seen = payment.Versions.LastOrDefault(v => v.From <= then).View;
            if (seen != payment.View)
            {
                universe.Faults.Happened(FaultId.F24);
                return seen;
            }
        }

        return payment.View;
    }

    private Task<T> RpcAsync<T>(Func<T> ask) => host.CallAsync(
        () => universe.ChainDown || universe.Faults.Strike(FaultId.F24, 0.006) ? throw new IOException("the RPC node answers nonsense") : ask(), 10, 200);

    private static Step Refuse(string code, bool canRetry = false) => new(null, new EscrowAnswer.Refused(code, code, canRetry));

    private static Step Missing(IntentId intent) => Refuse($"payment-missing", canRetry: true);

    private sealed record Step(Action<string>? Execute, EscrowAnswer.Refused? Refusal = null);

    private enum Fate
    {
        Landed,
        Failed,
        Expired,
        Unknown,
    }
}

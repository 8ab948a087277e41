using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Simulation.Kernel;

namespace Hypernode.Simulation.World;

/// <summary>A token balance and what of it the facilitator may take.</summary>
internal sealed class Wallet
{
    public ulong Balance { get; set; }

    public ulong Allowance { get; set; }
}

/// <summary>The PaymentIntent account and its escrow.</summary>
/// <param name="Versions">Each state that the account had, with the moment from which it had it: a lagging RPC shows an older one.</param>
internal sealed record ChainPayment(IntentId Id, List<(DateTimeOffset From, EscrowView View)> Versions)
{
    public EscrowView View => Versions[^1].View;

    public ulong Escrowed { get; set; }
}

/// <summary>Why the program refused a transaction.</summary>
internal sealed class ProgramRefusal(string code) : Exception(code)
{
    public string Code => Message;
}

/// <summary>What is watched of the chain.</summary>
internal interface IChainWatch
{
    void Moved(ChainPayment payment, string how);
}

/// <summary>
/// The facilitator program as a model: the same refusals, in the same order of checks, over balances of base units. What it has
/// refused never happened.
/// </summary>
internal sealed class SimChain(EventLoop loop, int refundGraceSeconds)
{
    public const double BlockSeconds = 0.4;

    /// <summary>A transaction lives for so many blocks.</summary>
    public const ulong Lifetime = 60;

    private readonly Dictionary<string, string> _landed = [];
    private long _signatures;

    public IChainWatch Watch { get; set; } = null!;

    public Dictionary<WalletAddress, Wallet> Wallets { get; } = [];

    public Dictionary<IntentId, ChainPayment> Payments { get; } = [];

    public ulong ProtocolVault { get; private set; }

    public ulong PlatformVault { get; private set; }

    public ulong Minted { get; private set; }

    /// <summary>The sum of all escrows.</summary>
    public ulong InEscrow { get; private set; }

    public ulong HeightAt(DateTimeOffset time) => (ulong)((time - EventLoop.Start).TotalSeconds / BlockSeconds);

    public ulong Height => HeightAt(loop.Now);

    public string NewSignature() => $"sim-tx-{++_signatures}";

    /// <summary>Null: not landed. Else its error, or the empty string for a success.</summary>
    public string? StatusOf(string signature) => _landed.GetValueOrDefault(signature);

    public void Mint(WalletAddress wallet, ulong amount, ulong allowance)
    {
        Minted += amount;
        WalletOf(wallet).Balance += amount;
        WalletOf(wallet).Allowance = allowance;
    }

    public Wallet WalletOf(WalletAddress address)
    {
        if (!Wallets.TryGetValue(address, out var wallet))
        {
            Wallets.Add(address, wallet = new Wallet());
        }

        return wallet;
    }

    /// <summary>The transaction gets into a block; a second landing of the same one changes nothing.</summary>
    public void Land(string signature, ulong lastValidHeight, Action execute)
    {
        if (_landed.ContainsKey(signature) || Height > lastValidHeight)
        {
            return;
        }

        try
        {
            execute();
            _landed.Add(signature, "");
        }
        catch (ProgramRefusal refusal)
        {
            _landed.Add(signature, refusal.Code);
        }
    }

    public void Lock(LockEscrow c, string signature)
    {
        var now = loop.Now.ToUnixTimeMilliseconds();
        Require(!Payments.ContainsKey(c.Intent.IntentId), "AlreadyInUse");
        Require(c.Intent.Amount > HyperAmount.Zero, "ZeroAmount");
        Require(now < c.Intent.ExpiresAt, "IntentExpired");
        Require(c.SettleBy * 1000 > now, "SettleByOutOfRange");
        var payer = WalletOf(c.Intent.Client);
        Require(payer.Allowance >= c.Intent.Amount.BaseUnits && payer.Balance >= c.Intent.Amount.BaseUnits, "AllowanceTooSmall");
        payer.Balance -= c.Intent.Amount.BaseUnits;
        payer.Allowance -= c.Intent.Amount.BaseUnits;
        var none = Hash256.Zero;
        var view = new EscrowView(
            c.Intent.IntentId, c.JobId, c.Intent.Client, c.Intent.Client, c.Intent.Amount, EscrowStatus.Pending, 0, null, c.SettleBy,
            HyperAmount.Zero, none, none, signature);
        var payment = new ChainPayment(c.Intent.IntentId, [(loop.Now, view)]) { Escrowed = c.Intent.Amount.BaseUnits };
        InEscrow += payment.Escrowed;
        Payments.Add(payment.Id, payment);
        Watch.Moved(payment, "lock");
    }

    public void Assign(AssignNode c, string signature)
    {
        var payment = Open(c.IntentId);
        Require(loop.Now.ToUnixTimeSeconds() < payment.View.SettleBy, "PaymentExpired");
        Require(c.Attempt > payment.View.Attempt, "AttemptNotRising");
        Change(payment, payment.View with { Attempt = c.Attempt, AssignedNode = c.Authority, LastSignature = signature }, "assign");
    }

    public void Settle(SettlePayment c, string signature)
    {
        var payment = Open(c.IntentId);
        var view = payment.View;
        Require(loop.Now.ToUnixTimeSeconds() < view.SettleBy, "PaymentExpired");
        Require(view.Attempt > 0, "NodeNotAssigned");
        Require(c.Attempt == view.Attempt && c.Authority == view.AssignedNode, "AttestationMismatch");
        Require(c.Charge.BaseUnits >= 1 && c.Charge <= view.Amount, "ChargeOutOfRange");
        var split = FeeSplit.Of(c.Charge);
        payment.Escrowed -= view.Amount.BaseUnits;
        InEscrow -= view.Amount.BaseUnits;
        WalletOf(c.Authority).Balance += split.NodeShare.BaseUnits;
        ProtocolVault += split.ProtocolFee.BaseUnits;
        PlatformVault += split.PlatformFee.BaseUnits;
        WalletOf(view.Payer).Balance += (view.Amount - c.Charge).BaseUnits;
        Change(
            payment,
            view with { Status = EscrowStatus.Completed, Charge = c.Charge, ExecutionHash = c.ExecutionHash, LogsHash = c.LogsHash, LastSignature = signature },
            $"settle:{c.Verdict}");
    }

    /// <param name="order">The attempt that the oracles' refund order names; null: the permissionless way after settle_by.</param>
    public void Refund(IntentId intent, int? order, string how, string signature)
    {
        var payment = Open(intent);
        var view = payment.View;
        if (order is { } attempt)
        {
            Require(attempt == view.Attempt, attempt == 0 ? "AlreadyAssigned" : "AttestationMismatch");
        }
        else
        {
            Require(loop.Now.ToUnixTimeSeconds() >= view.SettleBy + refundGraceSeconds, "NotYetRefundable");
        }

        payment.Escrowed -= view.Amount.BaseUnits;
        InEscrow -= view.Amount.BaseUnits;
        WalletOf(view.Payer).Balance += view.Amount.BaseUnits;
        Change(payment, view with { Status = EscrowStatus.Refunded, LastSignature = signature }, how);
    }

    private void Change(ChainPayment payment, EscrowView view, string how)
    {
        payment.Versions.Add((loop.Now, view));
        Watch.Moved(payment, how);
    }

    private ChainPayment Open(IntentId intent)
    {
        Require(Payments.TryGetValue(intent, out var payment), "AccountNotInitialized");
        Require(payment!.View.Status == EscrowStatus.Pending, "InvalidPaymentStatus");
        return payment;
    }

    private static void Require(bool holds, string code)
    {
        if (!holds)
        {
            throw new ProgramRefusal(code);
        }
    }
}

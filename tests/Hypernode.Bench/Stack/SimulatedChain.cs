using System.Collections.Concurrent;
using System.Text;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Host.Chain;
using Hypernode.Solana;
using Microsoft.Extensions.Options;

namespace Hypernode.Bench.Stack;

/// <summary>
/// SIMULATION: a chain without latency, kept in memory; every wallet is rich, every transaction lands. Signatures are checked
/// for real. Where roles are apart, the process that moves the chain answers the others over a socket.
/// </summary>
internal sealed class SimulatedChain(IOptions<LoadOptions> options) : IEscrow, ITombstones, INodeRegistry, IChainSetup, IDisposable
{
    private static readonly PayerFunds _rich = new(new HyperAmount(1_000_000_000_000), new HyperAmount(1_000_000_000_000));

    private readonly ConcurrentDictionary<IntentId, EscrowView> _payments = new();
    private SimulatedChainSocket? _socket;

    public Deployment Deployment { get; } = new("simulated", Hash256.Of("SimulatedChain"u8), Key("program"), Key("mint"));

    public async Task PrepareAsync(CancellationToken cancellationToken) =>
        _socket = options.Value.ChainSocket is { Length: > 0 } path ? await SimulatedChainSocket.OpenAsync(path, Find, cancellationToken) : null;

    /// <summary>Nobody is registered here.</summary>
    Task<IReadOnlyList<RegistryEntry>> INodeRegistry.ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<RegistryEntry>>([]);

    public Task<EscrowAnswer> LockAsync(LockEscrow command, CancellationToken cancellationToken)
    {
        var intent = command.Intent;
        var payment = _payments.GetOrAdd(intent.IntentId, _ => new EscrowView(
            intent.IntentId, command.JobId, intent.Client, intent.Client, intent.Amount, EscrowStatus.Pending, Attempt: 0, AssignedNode: null,
            command.SettleBy, HyperAmount.Zero, Hash256.Zero, Hash256.Zero, Signature("lock", intent.IntentId)));
        return Done(payment, "lock");
    }

    public Task<EscrowAnswer> AssignAsync(AssignNode command, CancellationToken cancellationToken) =>
        MoveAsync(command.IntentId, "assign", p => p with { Attempt = command.Attempt, AssignedNode = command.Authority });

    public Task<EscrowAnswer> SettleAsync(SettlePayment command, CancellationToken cancellationToken) =>
        MoveAsync(command.IntentId, "settle", p => p with
        {
            Status = EscrowStatus.Completed,
            Charge = command.Charge,
            ExecutionHash = command.ExecutionHash,
            LogsHash = command.LogsHash,
        });

    public Task<EscrowAnswer> RefundAsync(RefundPayment command, CancellationToken cancellationToken) =>
        MoveAsync(command.IntentId, "refund", p => p with { Status = EscrowStatus.Refunded });

    public async Task<EscrowView?> FindAsync(IntentId intent, CancellationToken cancellationToken) =>
        Find(intent) ?? (_socket is { IsClient: true } socket ? await socket.AskAsync(intent, cancellationToken) : null);

    public Task<PayerFunds> FundsOfAsync(WalletAddress payer, CancellationToken cancellationToken) => Task.FromResult(_rich);

    public Task<IReadOnlyList<IntentId>> ClosableAsync(long now, int most, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<IntentId>>([]);

    public Task<int> CloseAsync(IReadOnlyList<IntentId> payments, CancellationToken cancellationToken) => Task.FromResult(0);

    public Task<IReadOnlyList<EscrowView>> OpenPastAsync(long settleBy, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<EscrowView>>([]);

    public bool Verify(WalletAddress signer, ReadOnlySpan<byte> message, string signatureBase58) =>
        Contracts.Text.Base58.TryDecode(signatureBase58, out var signature) && Ed25519.Verify(signer.ToBytes(), message, signature);

    public void Dispose() => _socket?.Dispose();

    private EscrowView? Find(IntentId intent) => _payments.GetValueOrDefault(intent);

    private Task<EscrowAnswer> MoveAsync(IntentId intent, string verb, Func<EscrowView, EscrowView> move)
    {
        var moved = _payments.AddOrUpdate(
            intent,
            _ => throw new InvalidOperationException($"{verb} of a payment that was never locked"),
            (_, p) => p.Status == EscrowStatus.Pending ? move(p) with { LastSignature = Signature(verb, intent) } : p);
        return Done(moved, verb);
    }

    private static Task<EscrowAnswer> Done(EscrowView payment, string verb) =>
        Task.FromResult<EscrowAnswer>(new EscrowAnswer.Done(payment.LastSignature ?? Signature(verb, payment.IntentId), payment));

    /// <summary>As long as a real one; says what it is.</summary>
    private static string Signature(string verb, IntentId intent) =>
        Contracts.Text.Base58.Encode(Encoding.ASCII.GetBytes($"SimulatedChain {verb} {intent}".PadRight(64)[..64]));

    private static WalletAddress Key(string name) => WalletAddress.FromBytes(Hash256.Of(Encoding.ASCII.GetBytes($"SimulatedChain {name}")).ToBytes());
}

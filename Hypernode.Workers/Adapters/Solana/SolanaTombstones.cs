using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Ports;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>The PaymentIntent accounts of payments that are over, closed many in one transaction.</summary>
/// <param name="feePayer">pays each transaction's fee; the rent goes to whoever paid it</param>
public sealed class SolanaTombstones(IRpcClient rpc, FacilitatorProgram program, ISigner feePayer, SolanaOptions options, TimeProvider time) : ITombstones
{
    /// <summary>Each takes 45 bytes, and 32 more where its rent is somebody else's; a transaction has 1,232.</summary>
    private const int InOneTransaction = 12;

    private const int AtOnce = 8;

    private readonly FacilitatorReader reader = new(rpc, program);
    private readonly TransactionSender sender = new(rpc, new ConfirmationTracker(rpc, time, new ConfirmationOptions
    {
        Deadline = TimeSpan.FromSeconds(options.ConfirmationSeconds),
        PollInterval = TimeSpan.FromMilliseconds(options.PollMilliseconds),
    }));

    public Task<IReadOnlyList<IntentId>> ClosableAsync(long now, int most, CancellationToken cancellationToken) => AskAsync<IReadOnlyList<IntentId>>(async () =>
    {
        var over = await reader.ListPaymentsAsync(PaymentStatus.Completed, cancellationToken);
        var refunded = await reader.ListPaymentsAsync(PaymentStatus.Refunded, cancellationToken);
        return [.. over.Concat(refunded).Where(p => p.ClosableAt <= now).OrderBy(p => p.ClosableAt).Take(most).Select(p => new IntentId(p.IntentId))];
    });

    public Task<int> CloseAsync(IReadOnlyList<IntentId> payments, CancellationToken cancellationToken) => AskAsync(async () =>
    {
        var closed = 0;
        foreach (var some in payments.Chunk(InOneTransaction).Chunk(AtOnce))
        {
            closed += (await Task.WhenAll(some.Select(s => CloseSomeAsync(s, cancellationToken)))).Sum();
        }

        return closed;
    });

    private async Task<int> CloseSomeAsync(IReadOnlyList<IntentId> payments, CancellationToken cancellation)
    {
        var present = await PresentAsync(payments, cancellation);
        if (present.Count > 0)
        {
            var result = await sender.SendAsync([.. present.Select(p => program.CloseIntent(p.IntentId, p.RentPayer))], feePayer, cancellation: cancellation);
            if (result is ConfirmationResult.Failed && present.Count > 1)
            {
                // One of them can't be closed (yet), or somebody was faster: it must not keep the others from it.
                foreach (var payment in present)
                {
                    await sender.SendAsync([program.CloseIntent(payment.IntentId, payment.RentPayer)], feePayer, cancellation: cancellation);
                }
            }
        }

        // Whatever was answered: what the chain no longer has is closed.
        return payments.Count - (await PresentAsync(payments, cancellation)).Count;
    }

    private async Task<IReadOnlyList<PaymentIntentAccount>> PresentAsync(IReadOnlyList<IntentId> payments, CancellationToken cancellation)
    {
        var accounts = await rpc.GetMultipleAccountsAsync([.. payments.Select(p => program.PaymentAddress(p.Value))], cancellation: cancellation);
        return [.. accounts.Select(a => PaymentIntentAccount.From(a, program.ProgramIdKey)).OfType<PaymentIntentAccount>()];
    }

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (e is RpcException or RpcTransportException or FormatException)
        {
            throw new IOException($"The chain can't be asked now: {e.Message}", e);
        }
    }
}

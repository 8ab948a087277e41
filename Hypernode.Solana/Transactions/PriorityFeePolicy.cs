using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Solana;

public sealed record PriorityFeeOptions
{
    /// <summary>Of the recent fees; 0 to 100. At 75 three of four recent slots were cheaper.</summary>
    public int Percentile { get; init; } = 75;

    /// <summary>Micro-lamports a compute unit.</summary>
    public ulong Least { get; init; }

    /// <summary>Micro-lamports a compute unit: never more, whatever the network asks.</summary>
    public ulong Most { get; init; } = 50_000;

    /// <summary>Compute units that a transaction may use, and is priced for.</summary>
    public uint ComputeUnits { get; init; } = 200_000;

    /// <summary>So long an answer is used again.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>
/// What to pay beyond the base fee: a percentile of what was paid lately for the accounts that our transactions queue for,
/// within bounds. When nobody can be asked it is what was known last: a fee is never a reason not to settle.
/// </summary>
public sealed partial class PriorityFeePolicy
{
    private const int MaxAccounts = 128;
    private const uint MaxComputeUnits = 1_400_000;

    private readonly IRpcClient rpc;
    private readonly TimeProvider time;
    private readonly IReadOnlyList<PublicKey> contended;
    private readonly PriorityFeeOptions options;
    private readonly ILogger log;
    private Known? known;

    /// <param name="contended">accounts that many transactions write to: the fee payer, vaults; at most 128</param>
    /// <exception cref="ArgumentException">a percentile beyond 0 to 100, bounds the wrong way round, too many units or accounts</exception>
    public PriorityFeePolicy(IRpcClient rpc, TimeProvider time, IReadOnlyList<PublicKey> contended, PriorityFeeOptions options, ILogger<PriorityFeePolicy>? log = null)
    {
        if (options.Percentile is < 0 or > 100 || options.Least > options.Most || options.ComputeUnits is 0 or > MaxComputeUnits || contended.Count > MaxAccounts)
        {
            throw new ArgumentException($"Percentile 0 to 100, Least at most Most, 1 to {MaxComputeUnits} compute units, at most {MaxAccounts} accounts.", nameof(options));
        }

        (this.rpc, this.time, this.contended, this.options, this.log) = (rpc, time, contended, options, log ?? NullLogger<PriorityFeePolicy>.Instance);
    }

    /// <summary>The instructions to put first in a transaction; none while nothing has to be paid.</summary>
    public async Task<IReadOnlyList<TransactionInstruction>> BudgetAsync(CancellationToken cancellation = default)
    {
        var price = await PriceAsync(cancellation);
        // Without a limit the price would be paid for 200,000 units of every instruction, used or not.
        return price == 0
            ? []
            : [ComputeBudgetProgram.SetComputeUnitLimit(options.ComputeUnits), ComputeBudgetProgram.SetComputeUnitPrice(price)];
    }

    /// <returns>micro-lamports a compute unit, within the bounds</returns>
    public async Task<ulong> PriceAsync(CancellationToken cancellation = default)
    {
        if (options.Most == 0)
        {
            return 0;
        }

        if (known is { } before && time.GetElapsedTime(before.At) < options.Keep)
        {
            return before.Price;
        }

        try
        {
            var fees = await rpc.GetRecentPrioritizationFeesAsync(contended, cancellation);
            var price = Math.Clamp(PercentileOf(fees, options.Percentile), options.Least, options.Most);
            known = new Known(price, time.GetTimestamp());
            return price;
        }
        catch (Exception e) when (e is RpcException or RpcTransportException)
        {
            var price = known?.Price ?? options.Least;
            LogUnknown(e.Message, price);
            // Not asked again at once: the next one would wait in vain too.
            known = new Known(price, time.GetTimestamp());
            return price;
        }
    }

    /// <summary>The value below which <paramref name="percentile"/> of a hundred lie (nearest rank); 0 of none.</summary>
    public static ulong PercentileOf(IReadOnlyList<ulong> fees, int percentile)
    {
        if (fees.Count == 0)
        {
            return 0;
        }

        var sorted = fees.Order().ToArray();
        var rank = (int)Math.Ceiling(percentile * sorted.Length / 100.0);
        return sorted[Math.Clamp(rank - 1, 0, sorted.Length - 1)];
    }

    [LoggerMessage(EventId = 4130, Level = LogLevel.Debug, Message = "Recent priority fees can't be had ({Reason}); {Fee} micro-lamports are paid as before")]
    private partial void LogUnknown(string reason, ulong fee);

    private sealed record Known(ulong Price, long At);
}

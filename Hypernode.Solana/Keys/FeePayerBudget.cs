using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Solana;

public sealed record FeePayerOptions
{
    /// <summary>Lamports: below this somebody has to top it up soon.</summary>
    public ulong Low { get; init; } = 1_000_000_000;

    /// <summary>Lamports: below this transactions will soon be refused.</summary>
    public ulong Critical { get; init; } = 100_000_000;

    /// <summary>Between two looks.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(30);
}

public enum FeePayerState
{
    /// <summary>Nobody could be asked yet.</summary>
    Unknown,
    Fine,
    Low,
    Critical,
}

/// <summary>
/// Watches the purse that fees and rent come from and raises an alarm before it is dry: a log line when the state gets
/// worse (or well again), and the gauge <c>hypernode.chain.feepayer.lamports</c>.
/// </summary>
public sealed partial class FeePayerBudget
{
    public const string Gauge = "hypernode.chain.feepayer.lamports";

    private static readonly Gauge<long> Lamports = RpcMetrics.Meter.CreateGauge<long>(Gauge, "lamports", "What the fee payer has left");

    private readonly IRpcClient rpc;
    private readonly PublicKey feePayer;
    private readonly TimeProvider time;
    private readonly FeePayerOptions options;
    private readonly ILogger log;
    private long lookedAt;
    private int looking;
    private bool looked;

    /// <exception cref="ArgumentException">Critical above Low</exception>
    public FeePayerBudget(IRpcClient rpc, PublicKey feePayer, TimeProvider time, FeePayerOptions? options = null, ILogger<FeePayerBudget>? log = null)
    {
        (this.rpc, this.feePayer, this.time) = (rpc, feePayer, time);
        this.options = options ?? new FeePayerOptions();
        this.log = log ?? NullLogger<FeePayerBudget>.Instance;
        if (this.options.Critical > this.options.Low)
        {
            throw new ArgumentException("Critical is at most Low.", nameof(options));
        }
    }

    /// <summary>As of the last look.</summary>
    public FeePayerState State { get; private set; }

    /// <summary>Looks if it is time to. Never throws for the chain's sake: a look that fails is made again.</summary>
    public async Task<FeePayerState> CheckAsync(CancellationToken cancellation = default)
    {
        if (looked && time.GetElapsedTime(lookedAt) < options.Every || Interlocked.Exchange(ref looking, 1) == 1)
        {
            return State;
        }

        try
        {
            var lamports = await rpc.GetBalanceAsync(feePayer, Commitment.Confirmed, cancellation);
            (looked, lookedAt) = (true, time.GetTimestamp());
            Lamports.Record((long)Math.Min(lamports, long.MaxValue), new KeyValuePair<string, object?>("account", feePayer.Key));
            Tell(lamports, lamports < options.Critical ? FeePayerState.Critical : lamports < options.Low ? FeePayerState.Low : FeePayerState.Fine);
        }
        catch (Exception e) when (e is RpcException or RpcTransportException)
        {
            // Whoever sends finds out for himself that the chain can't be asked.
        }
        finally
        {
            Volatile.Write(ref looking, 0);
        }

        return State;
    }

    private void Tell(ulong lamports, FeePayerState state)
    {
        var before = State;
        State = state;
        if (state == before)
        {
            return;
        }

        switch (state)
        {
            case FeePayerState.Critical:
                LogCritical(feePayer.Key, lamports, options.Critical);
                break;
            case FeePayerState.Low:
                LogLow(feePayer.Key, lamports, options.Low);
                break;
            case FeePayerState.Fine when before != FeePayerState.Unknown:
                LogFine(feePayer.Key, lamports);
                break;
        }
    }

    [LoggerMessage(EventId = 4140, Level = LogLevel.Error, Message = "The fee payer {Account} has {Lamports} lamports left, less than {Critical}: transactions will be refused. Top it up now")]
    private partial void LogCritical(string account, ulong lamports, ulong critical);

    [LoggerMessage(EventId = 4141, Level = LogLevel.Warning, Message = "The fee payer {Account} has {Lamports} lamports left, less than {Low}: top it up")]
    private partial void LogLow(string account, ulong lamports, ulong low);

    [LoggerMessage(EventId = 4142, Level = LogLevel.Information, Message = "The fee payer {Account} has {Lamports} lamports: fine again")]
    private partial void LogFine(string account, ulong lamports);
}

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Solana;

public sealed record ConfirmationOptions
{
    /// <summary>What counts as done.</summary>
    public Commitment Target { get; init; } = Commitment.Confirmed;

    /// <summary>Between two questions.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>After this the answer is Unknown. A blockhash lives for about 60 to 90 s.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>While no node has seen the transaction, the same bytes are sent again this often (same signature: it can land only once).</summary>
    public TimeSpan RebroadcastInterval { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>Asks until a transaction's fate is known. Never assumes: a failed question is asked again, until the deadline.</summary>
public sealed partial class ConfirmationTracker(IRpcClient rpc, TimeProvider time, ConfirmationOptions? defaults = null, ILogger<ConfirmationTracker>? log = null)
{
    // "Not there" is believed only when it was said this many times after the blockhash had expired on a finalized block.
    private const int DenialsNeeded = 2;

    private readonly ConfirmationOptions defaults = defaults ?? new ConfirmationOptions();
    private readonly ILogger log = log ?? NullLogger<ConfirmationTracker>.Instance;

    /// <param name="signature">base58</param>
    /// <param name="lastValidBlockHeight">from the blockhash that the transaction carries</param>
    /// <param name="rebroadcast">the signed transaction, to send again while nobody has seen it</param>
    public async Task<ConfirmationResult> AwaitAsync(
        string signature,
        ulong lastValidBlockHeight,
        ReadOnlyMemory<byte> rebroadcast = default,
        ConfirmationOptions? options = null,
        CancellationToken cancellation = default)
    {
        var use = options ?? defaults;
        var watch = new Watch(signature, lastValidBlockHeight, use, rebroadcast, time.GetTimestamp());
        watch.LastSent = watch.Started;
        while (true)
        {
            try
            {
                if (await AskAsync(watch, cancellation) is { } result)
                {
                    return result;
                }

                watch.LastTrouble = null;
            }
            catch (Exception e) when (e is RpcTransportException or RpcException)
            {
                // Nothing was learnt, in either direction.
                watch.LastTrouble = e.Message;
                LogTrouble(signature, e.Message);
            }

            if (time.GetElapsedTime(watch.Started) >= use.Deadline)
            {
                var seen = watch.SeenInSlot is { } slot ? $"seen in slot {slot}, not {use.Target} yet" : "not seen";
                return new ConfirmationResult.Unknown(
                    signature,
                    lastValidBlockHeight,
                    $"{seen} after {use.Deadline.TotalSeconds:0} s{(watch.LastTrouble is null ? "" : $"; last answer: {watch.LastTrouble}")}");
            }

            await Task.Delay(use.PollInterval, time, cancellation);
        }
    }

    private async Task<ConfirmationResult?> AskAsync(Watch watch, CancellationToken cancellation)
    {
        var status = await GetStatusAsync(watch, searchHistory: false, cancellation);
        var expired = false;
        if (status is null)
        {
            // Only a status asked for *after* the blockhash had expired says that it never landed.
            expired = await rpc.GetBlockHeightAsync(Commitment.Finalized, cancellation) > watch.LastValidBlockHeight;
            status = expired ? await GetStatusAsync(watch, searchHistory: true, cancellation) : null;
        }

        if (status is not null)
        {
            watch.Denials = 0;
            watch.SeenInSlot = status.Slot;
            return await JudgeAsync(watch, status, cancellation);
        }

        if (expired)
        {
            return ++watch.Denials >= DenialsNeeded
                ? new ConfirmationResult.Expired(watch.Signature, watch.LastValidBlockHeight)
                : null;
        }

        watch.SeenInSlot = null;
        await RebroadcastAsync(watch, cancellation);
        return null;
    }

    private async Task<SignatureStatus?> GetStatusAsync(Watch watch, bool searchHistory, CancellationToken cancellation) =>
        (await rpc.GetSignatureStatusesAsync([watch.Signature], searchHistory, cancellation))[0];

    private async Task<ConfirmationResult?> JudgeAsync(Watch watch, SignatureStatus status, CancellationToken cancellation)
    {
        // A failure in a block that is only processed can vanish with its fork, like a success.
        if (status.Error is not null)
        {
            return status.Commitment >= Commitment.Confirmed
                ? new ConfirmationResult.Failed(watch.Signature, status.Slot, await ExplainAsync(watch.Signature, status.Error, cancellation))
                : null;
        }

        if (status.Commitment < watch.Options.Target)
        {
            return null;
        }

        return status.Commitment switch
        {
            Commitment.Finalized => new ConfirmationResult.Finalized(watch.Signature, status.Slot),
            Commitment.Confirmed => new ConfirmationResult.Confirmed(watch.Signature, status.Slot),
            _ => throw new ArgumentException("A transaction that is only processed has not happened yet: ask for Confirmed or Finalized."),
        };
    }

    private async Task<ProgramError> ExplainAsync(string signature, TransactionError error, CancellationToken cancellation)
    {
        try
        {
            // The logs carry Anchor's name for the number.
            if (await rpc.GetTransactionAsync(signature, Commitment.Confirmed, cancellation) is { } transaction)
            {
                return transaction.DecodeError() ?? ProgramError.Decode(error, transaction.Logs);
            }
        }
        catch (Exception e) when (e is RpcTransportException or RpcException)
        {
            LogTrouble(signature, e.Message);
        }

        // That it failed is known; without logs the number alone must do.
        return ProgramError.Decode(error);
    }

    private async Task RebroadcastAsync(Watch watch, CancellationToken cancellation)
    {
        if (watch.Rebroadcast.IsEmpty || time.GetElapsedTime(watch.LastSent) < watch.Options.RebroadcastInterval)
        {
            return;
        }

        watch.LastSent = time.GetTimestamp();
        try
        {
            await rpc.SendTransactionAsync(watch.Rebroadcast, skipPreflight: true, cancellation: cancellation);
        }
        catch (Exception e) when (e is RpcTransportException or RpcException)
        {
            // "Already processed" and "blockhash not found" are news for the next question, not verdicts.
            LogTrouble(watch.Signature, e.Message);
        }
    }

    [LoggerMessage(EventId = 4110, Level = LogLevel.Debug, Message = "While waiting for {Signature}: {Reason}")]
    private partial void LogTrouble(string signature, string reason);

    private sealed class Watch(string signature, ulong lastValidBlockHeight, ConfirmationOptions options, ReadOnlyMemory<byte> rebroadcast, long started)
    {
        public string Signature => signature;

        public ulong LastValidBlockHeight => lastValidBlockHeight;

        public ConfirmationOptions Options => options;

        public ReadOnlyMemory<byte> Rebroadcast => rebroadcast;

        public long Started => started;

        public long LastSent { get; set; }

        public int Denials { get; set; }

        public ulong? SeenInSlot { get; set; }

        public string? LastTrouble { get; set; }
    }
}

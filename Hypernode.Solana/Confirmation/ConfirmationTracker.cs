using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Solana;

public sealed record ConfirmationOptions
{
    /// <summary>What counts as done.</summary>
    public Commitment Target { get; init; } = Commitment.Confirmed;

    /// <summary>Between two questions.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The same while a subscription would tell.</summary>
    public TimeSpan SubscribedPollInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a subscription is waited for before a transaction is sent without one.</summary>
    public TimeSpan SubscriptionPatience { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>After this the answer is Unknown. A blockhash lives for about 60 to 90 s.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>While no node has seen the transaction, the same bytes are sent again this often (same signature: it can land only once).</summary>
    public TimeSpan RebroadcastInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long one of several endpoints is waited for in a round; then it counts as silent.</summary>
    public TimeSpan EndpointPatience { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>
/// Asks until a transaction's fate is known. Never assumes: a failed question is asked again, until the deadline. Of an
/// <see cref="RpcPool"/> every endpoint is asked; one that is silent, or has lost the cluster, is done without; one that is
/// behind is waited for; two that contradict each other raise an alarm, and as long as they do there is no answer.
/// </summary>
public sealed partial class ConfirmationTracker
{
    // "Not there" is believed only when it was said this many times after the blockhash had expired on a finalized block.
    private const int DenialsNeeded = 2;

    private readonly IRpcClient rpc;
    private readonly IReadOnlyList<RpcEndpoint> endpoints;
    private readonly TimeProvider time;
    private readonly ConfirmationOptions defaults;
    private readonly ISignatureSignals? signals;
    private readonly ILogger log;

    /// <param name="rpc">a node, or a pool of several</param>
    /// <param name="signals">tell when to ask; null: it is asked at every poll interval</param>
    public ConfirmationTracker(
        IRpcClient rpc, TimeProvider time, ConfirmationOptions? defaults = null, ILogger<ConfirmationTracker>? log = null, ISignatureSignals? signals = null)
    {
        this.signals = signals;
        (this.rpc, this.time) = (rpc, time);
        endpoints = rpc is RpcPool pool ? pool.Endpoints : [new RpcEndpoint("rpc", rpc, time)];
        this.defaults = defaults ?? new ConfirmationOptions();
        this.log = log ?? NullLogger<ConfirmationTracker>.Instance;
    }

    /// <param name="signature">base58</param>
    /// <param name="lastValidBlockHeight">from the blockhash that the transaction carries</param>
    /// <param name="rebroadcast">the signed transaction, to send again while nobody has seen it</param>
    /// <exception cref="ArgumentException">the target is Processed, which is no fate</exception>
    public async Task<ConfirmationResult> AwaitAsync(
        string signature,
        ulong lastValidBlockHeight,
        ReadOnlyMemory<byte> rebroadcast = default,
        ConfirmationOptions? options = null,
        CancellationToken cancellation = default)
    {
        var use = options ?? defaults;
        using var signal = signals?.Watch(signature, use.Target);
        return await AwaitAsync(signature, lastValidBlockHeight, signal, rebroadcast, use, cancellation);
    }

    /// <summary>Subscribes, then sends, then waits: an answer that comes at once is not missed.</summary>
    /// <param name="send">sends the transaction; what it returns, if anything, is the result</param>
    internal async Task<ConfirmationResult> SendAndAwaitAsync(
        string signature, ulong lastValidBlockHeight, Func<Task<ConfirmationResult?>> send, ReadOnlyMemory<byte> rebroadcast, ConfirmationOptions? options, CancellationToken cancellation)
    {
        var use = options ?? defaults;
        using var signal = signals?.Watch(signature, use.Target);
        if (signal is { Ready.IsCompleted: false })
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            await Task.WhenAny(signal.Ready, Task.Delay(use.SubscriptionPatience, time, patience.Token));
            await patience.CancelAsync();
        }

        return await send() ?? await AwaitAsync(signature, lastValidBlockHeight, signal, rebroadcast, use, cancellation);
    }

    private async Task<ConfirmationResult> AwaitAsync(
        string signature, ulong lastValidBlockHeight, ISignatureSignal? signal, ReadOnlyMemory<byte> rebroadcast, ConfirmationOptions use, CancellationToken cancellation)
    {
        if (use.Target < Commitment.Confirmed)
        {
            throw new ArgumentException("A transaction that is only processed has not happened yet: ask for Confirmed or Finalized.", nameof(use));
        }

        var watch = new Watch(signature, lastValidBlockHeight, use, rebroadcast, time.GetTimestamp());
        watch.LastSent = watch.Started;
        while (true)
        {
            signal?.Rearm();
            if (await AskAsync(watch, cancellation) is { } result)
            {
                return result;
            }

            if (time.GetElapsedTime(watch.Started) >= use.Deadline)
            {
                var seen = watch.SeenInSlot is { } slot ? $"seen in slot {slot}, not {use.Target} yet" : "not seen";
                return new ConfirmationResult.Unknown(
                    signature,
                    lastValidBlockHeight,
                    $"{seen} after {use.Deadline.TotalSeconds:0} s{(watch.LastTrouble is null ? "" : $"; last answer: {watch.LastTrouble}")}");
            }

            await PauseAsync(use, signal, cancellation);
        }
    }

    private async Task PauseAsync(ConfirmationOptions use, ISignatureSignal? signal, CancellationToken cancellation)
    {
        if (signal is null)
        {
            await Task.Delay(use.PollInterval, time, cancellation);
            return;
        }

        var longest = signal.IsLive && use.SubscribedPollInterval > use.PollInterval ? use.SubscribedPollInterval : use.PollInterval;
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(signal.Fired, Task.Delay(longest, time, pause.Token));
        await pause.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
    }

    private async Task<ConfirmationResult?> AskAsync(Watch watch, CancellationToken cancellation)
    {
        var heard = await HearAsync(watch, cancellation);
        switch (Finding.Of(heard))
        {
            case Finding.Agreed agreed:
                watch.Denials = 0;
                watch.SeenInSlot = agreed.Status.Slot;
                watch.LastTrouble = null;
                return await JudgeAsync(watch, agreed.Status, cancellation);
            case Finding.AllDeny:
                watch.LastTrouble = null;
                return ++watch.Denials >= DenialsNeeded ? new ConfirmationResult.Expired(watch.Signature, watch.LastValidBlockHeight) : null;
            case Finding.Contradiction contradiction:
                watch.Denials = 0;
                watch.LastTrouble = $"endpoints disagree: {contradiction.What}";
                Alarm(watch, contradiction.What);
                return null;
            case Finding.Open open:
                watch.SeenInSlot = open.SeenInSlot;
                watch.LastTrouble = open.Trouble;
                if (open.SeenInSlot is not null)
                {
                    watch.Denials = 0;
                }

                break;
        }

        // Where one says that it can't land any more, sending is in vain; where all are silent, too.
        if (heard.Any(h => h.Says is Testimony.NotSeen))
        {
            await RebroadcastAsync(watch, cancellation);
        }

        return null;
    }

    /// <summary>One round: every endpoint that is well, at the same time.</summary>
    private async Task<IReadOnlyList<(RpcEndpoint Endpoint, Testimony Says)>> HearAsync(Watch watch, CancellationToken cancellation)
    {
        if (endpoints.Count == 1)
        {
            return [(endpoints[0], await QuestionAsync(endpoints[0], watch, cancellation))];
        }

        var someAreWell = endpoints.Any(e => !e.Rests);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var questions = endpoints.Select(e => someAreWell && e.Rests ? Task.FromResult<Testimony>(new Testimony.Silent($"{e.Name} rests")) : QuestionAsync(e, watch, patience.Token)).ToList();
        var all = Task.WhenAll(questions);
        if (!all.IsCompleted)
        {
            using var round = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            await Task.WhenAny(all, Task.Delay(watch.Options.EndpointPatience, time, round.Token));
            await round.CancelAsync();
        }

        cancellation.ThrowIfCancellationRequested();
        await patience.CancelAsync();
        var heard = new List<(RpcEndpoint, Testimony)>();
        foreach (var (endpoint, question) in endpoints.Zip(questions))
        {
            heard.Add((endpoint, question.IsCompletedSuccessfully ? await question : TooLate(endpoint)));
        }

        return heard;
    }

    private static Testimony.Silent TooLate(RpcEndpoint endpoint)
    {
        endpoint.Failed();
        return new Testimony.Silent($"{endpoint.Name} did not answer in time");
    }

    private async Task<Testimony> QuestionAsync(RpcEndpoint endpoint, Watch watch, CancellationToken cancellation)
    {
        try
        {
            var (slot, status) = await GetStatusAsync(endpoint, watch, searchHistory: false, cancellation);
            var expired = false;
            if (status is null)
            {
                // Only a status asked for *after* the blockhash had expired says that it never landed.
                expired = await endpoint.Client.GetBlockHeightAsync(Commitment.Finalized, cancellation) > watch.LastValidBlockHeight;
                (slot, status) = expired ? await GetStatusAsync(endpoint, watch, searchHistory: true, cancellation) : (slot, null);
            }

            endpoint.Answered();
            return status is not null ? new Testimony.Seen(status)
                : expired ? new Testimony.Denied(slot)
                : new Testimony.NotSeen(slot);
        }
        catch (Exception e) when (e is RpcTransportException or RpcException)
        {
            // Nothing was learnt, in either direction.
            endpoint.Failed();
            LogTrouble(watch.Signature, e.Message);
            return new Testimony.Silent(e.Message);
        }
    }

    private static async Task<(ulong Slot, SignatureStatus? Status)> GetStatusAsync(RpcEndpoint endpoint, Watch watch, bool searchHistory, CancellationToken cancellation)
    {
        var answer = await endpoint.Client.GetSignatureStatusesAsync([watch.Signature], searchHistory, cancellation);
        endpoint.Shows(answer.Slot);
        return (answer.Slot, answer.Value[0]);
    }

    private void Alarm(Watch watch, string what)
    {
        if (watch.Alarms.Add(what))
        {
            RpcMetrics.Disagreed("status");
            LogDisagreement(watch.Signature, what);
        }
    }

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

        return status.Commitment == Commitment.Finalized
            ? new ConfirmationResult.Finalized(watch.Signature, status.Slot)
            : new ConfirmationResult.Confirmed(watch.Signature, status.Slot);
    }

    private async Task<ProgramError> ExplainAsync(string signature, TransactionError error, CancellationToken cancellation)
    {
        try
        {
            // The logs carry Anchor's name for the number. Logs of another error than the one that is known are no help.
            if (await rpc.GetTransactionAsync(signature, Commitment.Confirmed, cancellation) is { } transaction && transaction.Error == error)
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
        // By every endpoint that is well: the one that took it first may have kept it to itself.
        await Task.WhenAll(endpoints.Where(e => endpoints.Count == 1 || !e.Rests).Select(e => SendAgainAsync(e, watch, cancellation)));
    }

    private async Task SendAgainAsync(RpcEndpoint endpoint, Watch watch, CancellationToken cancellation)
    {
        try
        {
            await endpoint.Client.SendTransactionAsync(watch.Rebroadcast, skipPreflight: true, cancellation: cancellation);
        }
        catch (Exception e) when (e is RpcTransportException or RpcException)
        {
            // "Already processed" and "blockhash not found" are news for the next question, not verdicts.
            LogTrouble(watch.Signature, e.Message);
        }
    }

    [LoggerMessage(EventId = 4110, Level = LogLevel.Debug, Message = "While waiting for {Signature}: {Reason}")]
    private partial void LogTrouble(string signature, string reason);

    [LoggerMessage(EventId = 4111, Level = LogLevel.Error, Message = "Endpoints disagree about {Signature}: {What}. It counts as unknown until they agree; one of them lies or is on another chain")]
    private partial void LogDisagreement(string signature, string what);

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

        /// <summary>What was said already: an alarm once, not at every look.</summary>
        public HashSet<string> Alarms { get; } = [];
    }
}

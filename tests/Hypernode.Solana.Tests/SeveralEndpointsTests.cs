using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Hypernode.Solana.Tests;

/// <summary>What becomes of a transaction when one of two or three nodes lies, lags, forgets or drops.</summary>
public class SeveralEndpointsTests
{
    private const string Signature = "sig";
    private const ulong LastValid = 200;

    private static readonly TransactionError Refused = new("InstructionError", 0, "Custom", 6002);
    private static readonly SignatureStatus Confirmed = new(1_000, Commitment.Confirmed, null);
    private static readonly SignatureStatus Finalized = new(1_000, Commitment.Finalized, null);

    private readonly SkippingTime time = new();
    private readonly CapturedLog<ConfirmationTracker> log = new();
    private readonly FakeRpc honest = new();
    private readonly FakeRpc other = new();

    public SeveralEndpointsTests()
    {
        // Two and a half slots a second, as a cluster has.
        honest.Slot = other.Slot = () => 1_000 + (ulong)(time.Elapsed.TotalSeconds * 2.5);
    }

    [Fact]
    public async Task Two_that_agree_are_believed()
    {
        honest.Status = other.Status = _ => Confirmed;
        (await AskAsync()).ShouldBe(new ConfirmationResult.Confirmed(Signature, 1_000));
        log.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_least_that_all_vouch_for_counts()
    {
        honest.Status = _ => Finalized;
        other.Status = _ => Confirmed;
        (await AskAsync()).ShouldBe(new ConfirmationResult.Confirmed(Signature, 1_000));
    }

    [Fact]
    public async Task Failed_here_and_confirmed_there_is_unknown_and_an_alarm()
    {
        honest.Status = _ => Confirmed;
        other.Status = _ => Confirmed with { Error = Refused };
        using var alarms = new Counted(RpcMetrics.Disagreements);
        var unknown = (await AskAsync()).ShouldBeOfType<ConfirmationResult.Unknown>();
        unknown.Reason.ShouldContain("endpoints disagree: http://one says succeeded, Confirmed in slot 1000, http://two says failed (Custom)");
        log.Errors.Single().ShouldContain(Signature);
        alarms.Total.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_quarrel_that_ends_is_answered()
    {
        honest.Status = _ => Confirmed;
        other.Status = _ => time.Elapsed < TimeSpan.FromSeconds(5) ? Confirmed with { Error = Refused } : Confirmed;
        (await AskAsync()).ShouldBe(new ConfirmationResult.Confirmed(Signature, 1_000));
        log.Errors.Count.ShouldBe(1, "one alarm, not one at every look");
    }

    [Fact]
    public async Task Confirmed_in_two_different_blocks_is_a_contradiction()
    {
        honest.Status = _ => Confirmed;
        other.Status = _ => Confirmed with { Slot = 1_001 };
        (await AskAsync()).ShouldBeOfType<ConfirmationResult.Unknown>();
        log.Errors.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_fork_that_is_only_processed_is_waited_out_without_an_alarm()
    {
        honest.Status = _ => Confirmed;
        other.Status = _ => time.Elapsed < TimeSpan.FromSeconds(2) ? new(999, Commitment.Processed, Refused) : Confirmed;
        (await AskAsync()).ShouldBe(new ConfirmationResult.Confirmed(Signature, 1_000));
        log.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_that_is_behind_is_waited_for()
    {
        honest.Status = _ => Confirmed;
        other.Slot = () => 990 + (ulong)(time.Elapsed.TotalSeconds * 2.5);
        other.Status = _ => other.Slot() >= 1_001 ? Confirmed : null;
        (await AskAsync()).ShouldBe(new ConfirmationResult.Confirmed(Signature, 1_000));
        time.Elapsed.ShouldBeInRange(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(6));
        log.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_that_has_stopped_at_an_old_slot_is_done_without()
    {
        honest.Status = _ => Confirmed;
        other.Slot = () => 900;
        (await AskAsync()).ShouldBe(new ConfirmationResult.Confirmed(Signature, 1_000));
        time.Elapsed.ShouldBeInRange(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(12));
    }

    [Fact]
    public async Task Confirmed_where_the_other_is_far_past_it_and_never_saw_it_is_an_invention_or_a_loss()
    {
        honest.Status = _ => null;
        other.Status = _ => Confirmed with { Slot = 900 };
        (await AskAsync()).ShouldBeOfType<ConfirmationResult.Unknown>().Reason.ShouldContain("http://one has never seen it");
        log.Errors.Count.ShouldBe(1);
    }

    [Fact]
    public async Task One_that_forgot_a_signature_makes_nothing_expire()
    {
        honest.BlockHeight = other.BlockHeight = () => 500;
        honest.Status = _ => Finalized;
        other.Status = _ => null;
        var result = await AskAsync();
        result.ShouldBeOfType<ConfirmationResult.Unknown>();
        log.Errors.Count.ShouldBe(1);
    }

    [Fact]
    public async Task One_that_forgot_and_remembers_is_forgiven()
    {
        honest.BlockHeight = other.BlockHeight = () => 500;
        honest.Status = _ => Finalized;
        other.Status = history => history && time.Elapsed > TimeSpan.FromSeconds(1) ? Finalized : null;
        (await AskAsync()).ShouldBe(new ConfirmationResult.Finalized(Signature, 1_000));
    }

    [Fact]
    public async Task Expired_needs_two_that_deny_it_where_there_are_two()
    {
        honest.BlockHeight = () => 500;
        other.Status = _ => throw new RpcTransportException("getSignatureStatuses", "connection refused");
        (await AskAsync()).ShouldBeOfType<ConfirmationResult.Unknown>("one witness, while the other is silent");

        other.BlockHeight = () => 500;
        other.Status = _ => null;
        (await AskAsync()).ShouldBe(new ConfirmationResult.Expired(Signature, LastValid));
    }

    [Fact]
    public async Task A_height_that_is_invented_expires_nothing()
    {
        honest.BlockHeight = () => 150;
        other.BlockHeight = () => 5_000;
        var asked = 0;
        honest.Status = _ => ++asked < 10 ? null : Confirmed;
        other.Status = _ => asked < 10 ? null : Confirmed;
        (await AskAsync()).ShouldBe(new ConfirmationResult.Confirmed(Signature, 1_000));
    }

    [Theory]
    [InlineData("timeout")]
    [InlineData("HTTP 429")]
    [InlineData("an answer of an unknown shape")]
    public async Task One_that_drops_is_done_without(string trouble)
    {
        honest.Status = _ => Confirmed;
        other.Status = _ => throw new RpcTransportException("getSignatureStatuses", trouble);
        (await AskAsync()).ShouldBe(new ConfirmationResult.Confirmed(Signature, 1_000));
        log.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task When_all_drop_it_is_unknown()
    {
        honest.Status = other.Status = _ => throw new RpcTransportException("getSignatureStatuses", "timeout");
        (await AskAsync()).ShouldBeOfType<ConfirmationResult.Unknown>().Reason.ShouldContain("timeout");
    }

    [Fact]
    public async Task One_that_never_answers_is_not_waited_for_beyond_patience()
    {
        honest.Status = _ => Confirmed;
        var pool = new RpcPool([new RpcEndpoint("http://one", honest, time), new RpcEndpoint("http://two", new HangingRpc(), time)]);
        (await new ConfirmationTracker(pool, time).AwaitAsync(Signature, LastValid)).ShouldBe(new ConfirmationResult.Confirmed(Signature, 1_000));
        time.Elapsed.ShouldBe(new ConfirmationOptions().EndpointPatience);
    }

    [Fact]
    public async Task Three_of_whom_one_lies_are_no_majority_vote()
    {
        honest.Status = other.Status = _ => Confirmed;
        var liar = new FakeRpc { Status = _ => Confirmed with { Error = Refused }, Slot = honest.Slot };
        (await new ConfirmationTracker(Pool(liar), time).AwaitAsync(Signature, LastValid)).ShouldBeOfType<ConfirmationResult.Unknown>();
    }

    [Fact]
    public async Task Logs_of_another_error_than_the_one_that_is_known_are_not_used()
    {
        honest.Status = other.Status = _ => Confirmed with { Error = Refused };
        honest.Transaction = _ => new TransactionInfo(1_000, null, null, 5_000, ["Program log: all is well"], []);
        var failed = (await AskAsync()).ShouldBeOfType<ConfirmationResult.Failed>();
        (failed.Error.Number, failed.Error.Logs.Count).ShouldBe((6002u, 0));
    }

    [Fact]
    public async Task The_bytes_go_out_again_through_every_endpoint()
    {
        honest.Status = other.Status = _ => honest.Sent + other.Sent < 4 ? null : Confirmed;
        await new ConfirmationTracker(Pool(), time).AwaitAsync(Signature, LastValid, "tx"u8.ToArray());
        (honest.Sent, other.Sent).ShouldBe((2, 2));
    }

    [Fact]
    public async Task A_refusal_that_another_endpoint_does_not_share_is_no_verdict()
    {
        other.Send = _ => "sent";
        honest.Send = _ => throw new RpcException("sendTransaction", -32002, "refused", Refused, ProgramError.Decode(Refused));
        honest.Status = other.Status = _ => Confirmed;
        using var payer = new Account();
        using var alarms = new Counted(RpcMetrics.Disagreements);
        var pool = Pool();
        (await new TransactionSender(pool, new ConfirmationTracker(pool, time)).SendAsync([MemoProgram.NewMemo("x")], payer)).ShouldBeOfType<ConfirmationResult.Confirmed>();
        alarms.Total.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_refusal_that_all_share_is_a_verdict()
    {
        honest.Send = other.Send = _ => throw new RpcException("sendTransaction", -32002, "refused", Refused, ProgramError.Decode(Refused));
        using var payer = new Account();
        var pool = Pool();
        var failed = (await new TransactionSender(pool, new ConfirmationTracker(pool, time)).SendAsync([MemoProgram.NewMemo("x")], payer)).ShouldBeOfType<ConfirmationResult.Failed>();
        failed.Error.Number.ShouldBe(6002u);
    }

    [Fact]
    public async Task After_a_send_without_an_answer_a_refusal_elsewhere_is_no_verdict()
    {
        // The first took it and lost the answer; by now it has happened, so a second try would be refused by the program.
        honest.Send = _ => throw new RpcTransportException("sendTransaction", "reset");
        other.Send = _ => throw new RpcException("sendTransaction", -32002, "refused", Refused, ProgramError.Decode(Refused));
        honest.Status = other.Status = _ => Confirmed;
        using var payer = new Account();
        var pool = Pool();
        (await new TransactionSender(pool, new ConfirmationTracker(pool, time)).SendAsync([MemoProgram.NewMemo("x")], payer)).ShouldBeOfType<ConfirmationResult.Confirmed>();
    }

    private RpcPool Pool(params FakeRpc[] more) =>
        new([new RpcEndpoint("http://one", honest, time), new RpcEndpoint("http://two", other, time), .. more.Select((m, i) => new RpcEndpoint($"http://more-{i}", m, time))]);

    private Task<ConfirmationResult> AskAsync() => new ConfirmationTracker(Pool(), time, log: log).AwaitAsync(Signature, LastValid);
}

/// <summary>The sum of a counter while this lives; other tests may count too, so it is at least what this one did.</summary>
internal sealed class Counted : IDisposable
{
    private readonly MeterListener listener = new();
    private long total;

    public Counted(string instrument)
    {
        listener.InstrumentPublished = (published, l) =>
        {
            if (published.Meter.Name == RpcMetrics.MeterName && published.Name == instrument)
            {
                l.EnableMeasurementEvents(published);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref total, value));
        listener.Start();
    }

    public long Total => Interlocked.Read(ref total);

    public void Dispose() => listener.Dispose();
}

internal sealed class CapturedLog<T> : ILogger<T>
{
    private readonly List<(LogLevel Level, string Text)> lines = [];

    public IReadOnlyList<string> Errors => [.. lines.Where(l => l.Level >= LogLevel.Error).Select(l => l.Text)];

    public IReadOnlyList<string> All => [.. lines.Select(l => l.Text)];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        lines.Add((logLevel, formatter(state, exception)));
}

namespace Hypernode.Solana.Tests;

public class ConfirmationTrackerTests
{
    private const string Signature = "sig";
    private const ulong LastValid = 200;

    private readonly FakeRpc rpc = new();
    private readonly SkippingTime time = new();

    [Fact]
    public async Task A_confirmed_transaction_is_confirmed()
    {
        var answers = new Queue<SignatureStatus?>([null, new(7, Commitment.Processed, null), new(7, Commitment.Confirmed, null)]);
        rpc.Status = _ => answers.Dequeue();
        (await AskAsync()).ShouldBe(new ConfirmationResult.Confirmed(Signature, 7));
    }

    [Fact]
    public async Task A_finalized_one_is_finalized_whatever_was_asked_for()
    {
        rpc.Status = _ => new(7, Commitment.Finalized, null);
        (await AskAsync()).ShouldBe(new ConfirmationResult.Finalized(Signature, 7));
    }

    [Fact]
    public async Task Who_asks_for_finality_is_not_content_with_less()
    {
        var answers = new Queue<SignatureStatus?>([new(7, Commitment.Confirmed, null), new(7, Commitment.Finalized, null)]);
        rpc.Status = _ => answers.Dequeue();
        (await AskAsync(new() { Target = Commitment.Finalized })).ShouldBeOfType<ConfirmationResult.Finalized>();
        rpc.StatusQuestions.ShouldBe(2);
    }

    [Fact]
    public async Task A_failed_one_carries_the_programs_number_and_name_and_logs()
    {
        rpc.Status = _ => new(7, Commitment.Confirmed, Custom(6002));
        rpc.Transaction = _ => new TransactionInfo(7, null, Custom(6002), 5_000, AnchorLogs, []);
        var failed = (await AskAsync()).ShouldBeOfType<ConfirmationResult.Failed>();
        failed.Error.Number.ShouldBe(6002u);
        failed.Error.Name.ShouldBe("InvalidPaymentStatus");
        failed.Error.Message.ShouldBe("The payment is not pending");
        failed.Error.Program.ShouldBe(MemoProgram.ProgramIdKey);
        failed.Error.Logs.ShouldBe(AnchorLogs);
    }

    [Fact]
    public async Task Failed_stays_failed_when_the_logs_cannot_be_had()
    {
        rpc.Status = _ => new(7, Commitment.Confirmed, Custom(6002));
        rpc.Transaction = _ => throw new RpcTransportException("getTransaction", "reset");
        (await AskAsync()).ShouldBeOfType<ConfirmationResult.Failed>().Error.Number.ShouldBe(6002u);
    }

    [Fact]
    public async Task A_failure_on_a_fork_is_no_failure()
    {
        var answers = new Queue<SignatureStatus?>([new(7, Commitment.Processed, Custom(1)), null, new(9, Commitment.Confirmed, null)]);
        rpc.Status = _ => answers.Dequeue();
        (await AskAsync()).ShouldBe(new ConfirmationResult.Confirmed(Signature, 9));
    }

    [Fact]
    public async Task Expired_needs_the_height_and_two_denials_from_history()
    {
        var heights = new Queue<ulong>([199, 200, 201, 202]);
        rpc.BlockHeight = heights.Dequeue;
        (await AskAsync()).ShouldBe(new ConfirmationResult.Expired(Signature, LastValid));
        heights.ShouldBeEmpty();
        rpc.HistoryQuestions.ShouldBe(2);
    }

    [Fact]
    public async Task One_that_landed_in_the_last_valid_block_is_found_after_expiry()
    {
        rpc.BlockHeight = () => 500;
        rpc.Status = history => history ? new(200, Commitment.Finalized, null) : null;
        (await AskAsync()).ShouldBe(new ConfirmationResult.Finalized(Signature, 200));
    }

    [Fact]
    public async Task A_lie_after_expiry_is_corrected_by_the_second_question()
    {
        rpc.BlockHeight = () => 500;
        var answers = new Queue<SignatureStatus?>([null, new(200, Commitment.Finalized, null)]);
        rpc.Status = history => history ? answers.Dequeue() : null;
        (await AskAsync()).ShouldBe(new ConfirmationResult.Finalized(Signature, 200));
        answers.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_drop_between_the_two_denials_does_not_count_as_one()
    {
        rpc.BlockHeight = () => 500;
        var answers = new Queue<Func<SignatureStatus?>>(
        [
            () => null,
            () => throw new RpcTransportException("getSignatureStatuses", "reset"),
            () => new(200, Commitment.Finalized, null),
        ]);
        rpc.Status = history => history ? answers.Dequeue()() : null;
        (await AskAsync()).ShouldBe(new ConfirmationResult.Finalized(Signature, 200));
    }

    [Fact]
    public async Task Silence_is_unknown_at_the_deadline_and_never_expired()
    {
        rpc.Status = _ => throw new RpcTransportException("getSignatureStatuses", "connection refused");
        rpc.BlockHeight = () => 5_000;
        var unknown = (await AskAsync(new() { Deadline = TimeSpan.FromSeconds(30) })).ShouldBeOfType<ConfirmationResult.Unknown>();
        unknown.Reason.ShouldContain("connection refused");
        unknown.LastValidBlockHeight.ShouldBe(LastValid);
        time.Elapsed.ShouldBeInRange(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(31));
    }

    [Fact]
    public async Task Seen_but_never_confirmed_is_unknown_too()
    {
        rpc.Status = _ => new(7, Commitment.Processed, null);
        (await AskAsync()).ShouldBeOfType<ConfirmationResult.Unknown>().Reason.ShouldContain("seen in slot 7");
    }

    [Fact]
    public async Task An_outage_that_ends_costs_nothing_but_time()
    {
        var questions = 0;
        rpc.Status = _ => ++questions < 20 ? throw new RpcException("getSignatureStatuses", -32005, "Node is behind") : new(7, Commitment.Confirmed, null);
        (await AskAsync()).ShouldBe(new ConfirmationResult.Confirmed(Signature, 7));
    }

    [Fact]
    public async Task The_same_bytes_go_out_again_until_somebody_has_seen_them()
    {
        rpc.Status = _ => rpc.Sent < 3 ? null : new(7, Commitment.Confirmed, null);
        rpc.Send = bytes => bytes.Span.SequenceEqual("tx"u8) ? throw new RpcException("sendTransaction", -32002, "already processed") : "";
        var tracker = new ConfirmationTracker(rpc, time);
        (await tracker.AwaitAsync(Signature, LastValid, "tx"u8.ToArray())).Happened.ShouldBeTrue();
        rpc.Sent.ShouldBe(3);
        time.Elapsed.ShouldBeInRange(TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(7));
    }

    [Fact]
    public async Task Cancellation_is_the_callers_and_no_answer()
    {
        using var cancelled = new CancellationTokenSource();
        rpc.Status = _ =>
        {
            cancelled.Cancel();
            return null;
        };
        await Should.ThrowAsync<OperationCanceledException>(() =>
            new ConfirmationTracker(rpc, time).AwaitAsync(Signature, LastValid, cancellation: cancelled.Token));
    }

    [Theory]
    [InlineData("AlreadyProcessed")]
    [InlineData("BlockhashNotFound")]
    public async Task A_refused_send_that_may_have_landed_before_is_asked_for(string kind)
    {
        var error = new TransactionError(kind);
        rpc.Send = _ => throw new RpcException("sendTransaction", -32002, kind, error, ProgramError.Decode(error));
        rpc.Status = _ => new(7, Commitment.Confirmed, null);
        (await SendAsync()).ShouldBeOfType<ConfirmationResult.Confirmed>();
    }

    [Fact]
    public async Task A_preflight_that_failed_in_the_program_is_a_known_failure()
    {
        rpc.Send = _ => throw new RpcException("sendTransaction", -32002, "refused", Custom(6016), ProgramError.Decode(Custom(6016)));
        (await SendAsync()).ShouldBeOfType<ConfirmationResult.Failed>().Error.Number.ShouldBe(6016u);
        rpc.StatusQuestions.ShouldBe(0);
    }

    [Fact]
    public async Task A_send_without_an_answer_is_asked_for()
    {
        rpc.Send = _ => throw new RpcTransportException("sendTransaction", "timeout");
        rpc.Status = _ => new(7, Commitment.Confirmed, null);
        (await SendAsync()).ShouldBeOfType<ConfirmationResult.Confirmed>();
    }

    private Task<ConfirmationResult> AskAsync(ConfirmationOptions? options = null) =>
        new ConfirmationTracker(rpc, time).AwaitAsync(Signature, LastValid, options: options);

    private async Task<ConfirmationResult> SendAsync()
    {
        using var payer = new Account();
        return await new TransactionSender(rpc, new ConfirmationTracker(rpc, time)).SendAsync([MemoProgram.NewMemo("x")], payer);
    }

    private static TransactionError Custom(uint code) => new("InstructionError", 1, "Custom", code);

    private static readonly string[] AnchorLogs =
    [
        $"Program {MemoProgram.ProgramIdKey} invoke [1]",
        "Program log: AnchorError occurred. Error Code: InvalidPaymentStatus. Error Number: 6002. Error Message: The payment is not pending.",
        $"Program {MemoProgram.ProgramIdKey} failed: custom program error: 0x1772",
    ];
}

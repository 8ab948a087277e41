using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hypernode.Solana.Tests;

public class RpcClientTests
{
    private static readonly PublicKey Someone = TokenProgram.ProgramIdKey;

    [Fact]
    public async Task A_read_that_fails_on_the_way_is_asked_again()
    {
        var node = new FakeNode(n => n < 3 ? throw new HttpRequestException("connection reset") : Ok("""{"context":{"slot":1},"value":7}"""));
        (await node.Client().GetBalanceAsync(Someone)).ShouldBe(7ul);
        node.Calls.ShouldBe(3);
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.BadGateway)]
    public async Task A_busy_node_is_asked_again_and_then_reported_as_no_answer(HttpStatusCode status)
    {
        var node = new FakeNode(_ => new Reply(status, "try later"));
        await Should.ThrowAsync<RpcTransportException>(() => node.Client().GetBalanceAsync(Someone));
        node.Calls.ShouldBe(3);
    }

    [Fact]
    public async Task A_send_is_never_repeated()
    {
        var node = new FakeNode(_ => throw new HttpRequestException("connection reset"));
        await Should.ThrowAsync<RpcTransportException>(() => node.Client().SendTransactionAsync(new byte[10]));
        await Should.ThrowAsync<RpcTransportException>(() => node.Client().RequestAirdropAsync(Someone, 1));
        node.Calls.ShouldBe(2);
    }

    [Fact]
    public async Task An_error_that_the_node_answers_is_not_asked_for_again()
    {
        var node = new FakeNode(_ => Error("""{"code":-32602,"message":"Invalid param: could not find account"}"""));
        var error = await Should.ThrowAsync<RpcException>(() => node.Client().GetTokenAccountBalanceAsync(Someone));
        (error.Code, error.Method, error.TransactionError).ShouldBe((-32602, "getTokenAccountBalance", null));
        error.Message.ShouldContain("could not find account");
        node.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Retries_come_from_a_budget_that_only_answers_refill()
    {
        var node = new FakeNode(_ => throw new HttpRequestException("down"));
        var client = node.Client();
        for (var i = 0; i < 50; i++)
        {
            await Should.ThrowAsync<RpcTransportException>(() => client.GetBalanceAsync(Someone));
        }

        node.Calls.ShouldBe(60, "fifty questions, ten retries");
    }

    [Fact]
    public async Task A_refused_transaction_carries_code_logs_and_the_programs_error()
    {
        var node = new FakeNode(_ => Error(
            """
            {"code":-32002,"message":"Transaction simulation failed","data":{"err":{"InstructionError":[1,{"Custom":6013}]},
             "logs":["Program log: AnchorError occurred. Error Code: AllowanceTooSmall. Error Number: 6013. Error Message: Too small.",
                     "Program TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA failed: custom program error: 0x177d"]}}
            """));
        var error = await Should.ThrowAsync<RpcException>(() => node.Client().SendTransactionAsync(new byte[10]));
        error.Code.ShouldBe(-32002);
        error.Logs.Count.ShouldBe(2);
        error.TransactionError.ShouldBe(new TransactionError("InstructionError", 1, "Custom", 6013));
        (error.ProgramError!.Name, error.ProgramError.Number, error.ProgramError.Program).ShouldBe(("AllowanceTooSmall", 6013u, TokenProgram.ProgramIdKey));
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":99,"result":{"context":{"slot":1},"value":7}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{"value":"seven"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":null}""")]
    [InlineData("""{"jsonrpc":"2.0","id":"1","result":{"value":7}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":null,"result":{"value":7}}""")]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("")]
    public async Task An_answer_that_cannot_be_read_is_no_answer(string body)
    {
        var node = new FakeNode(_ => new Reply(HttpStatusCode.OK, body));
        await Should.ThrowAsync<RpcTransportException>(() => node.Client(new RpcClientOptions { ReadAttempts = 1 }).GetBalanceAsync(Someone));
    }

    [Fact]
    public async Task Fewer_statuses_than_questions_are_no_answer()
    {
        var node = new FakeNode(_ => Ok("""{"context":{"slot":1},"value":[]}"""));
        await Should.ThrowAsync<RpcTransportException>(() => node.Client().GetSignatureStatusesAsync(["a"]));
    }

    [Fact]
    public async Task Single_questions_of_one_moment_go_out_as_one_and_each_gets_its_own_answer()
    {
        var node = new FakeNode((_, request) =>
        {
            if (request["method"]!.GetValue<string>() == "getBlockHeight")
            {
                return Ok("77");
            }

            var statuses = request["params"]![0]!.AsArray().Select(s => "{\"slot\":" + s!.GetValue<string>() + ",\"confirmations\":1,\"err\":null,\"confirmationStatus\":\"confirmed\"}");
            return Ok("{\"context\":{\"slot\":9},\"value\":[" + string.Join(',', statuses) + "]}");
        });
        var client = node.Client(new RpcClientOptions { GatherStatuses = TimeSpan.FromSeconds(3) });
        var answers = await Task.WhenAll(Enumerable.Range(1, 256 + 256).Select(n => client.GetSignatureStatusesAsync([$"{n}"])));
        answers.Select(a => a.Value.Single()!.Slot).ShouldBe(Enumerable.Range(1, 512).Select(n => (ulong)n));
        node.Calls.ShouldBe(2, "a full one does not wait for its moment to pass");
        (await Task.WhenAll(Enumerable.Range(0, 9).Select(_ => client.GetBlockHeightAsync(Commitment.Finalized)))).ShouldAllBe(h => h == 77);
    }

    [Fact]
    public async Task A_gathered_question_that_fails_fails_for_everybody_in_it()
    {
        var node = new FakeNode(_ => throw new HttpRequestException("reset"));
        var client = node.Client(new RpcClientOptions { GatherStatuses = TimeSpan.FromMilliseconds(1), ReadAttempts = 1 });
        var (one, two) = (client.GetSignatureStatusesAsync(["1"]), client.GetSignatureStatusesAsync(["2"]));
        await Should.ThrowAsync<RpcTransportException>(() => one);
        await Should.ThrowAsync<RpcTransportException>(() => two);
    }

    [Fact]
    public async Task Calls_of_one_moment_go_out_as_one_batch_and_each_gets_its_own_answer_in_whatever_order()
    {
        var node = new FakeNode((_, batch) => new Reply(HttpStatusCode.OK, "[" + string.Join(',', batch.AsArray().Reverse().Select(r =>
            r!["method"]!.GetValue<string>() == "sendTransaction"
                ? Error(r, """{"code":-32003,"message":"Transaction signature verification failure"}""")
                : $$$"""{"jsonrpc":"2.0","id":{{{r["id"]}}},"result":{"context":{"slot":1},"value":{{{r["params"]![0]!.GetValue<string>().Length}}}}}""")) + "]"));
        var client = node.Client(new RpcClientOptions { GatherCalls = TimeSpan.FromSeconds(3) });
        var (send, balance) = (client.SendTransactionAsync(new byte[10]), client.GetBalanceAsync(Someone));
        var others = Enumerable.Range(0, 78).Select(_ => client.GetBalanceAsync(SystemProgram.ProgramIdKey)).ToList();
        (await balance).ShouldBe((ulong)Someone.Key.Length);
        (await Should.ThrowAsync<RpcException>(() => send)).Code.ShouldBe(-32003);
        (await Task.WhenAll(others)).ShouldAllBe(length => length == (ulong)SystemProgram.ProgramIdKey.Key.Length);
        node.Calls.ShouldBe(2, "two of forty, and a full one does not wait for its moment to pass");

        static string Error(JsonNode request, string error) => $$"""{"jsonrpc":"2.0","id":{{request["id"]}},"error":{{error}}}""";
    }

    /// <summary>On a busy machine the time to wait may be over before anybody waits.</summary>
    [Fact]
    public async Task A_moment_that_has_passed_at_once_loses_nothing()
    {
        var node = new FakeNode((_, request) => Ok(request["method"]!.GetValue<string>() == "getBalance"
            ? """{"context":{"slot":1},"value":7}"""
            : """{"context":{"slot":1},"value":[null]}"""));
        IRpcClient client = new RpcClient(
            new HttpClient(node), new Uri("http://127.0.0.1:1"),
            new RpcClientOptions { GatherCalls = TimeSpan.FromTicks(1), GatherStatuses = TimeSpan.FromTicks(1), ReadAttempts = 1 }, new SkippingRetries());
        for (var i = 0; i < 50; i++)
        {
            (await client.GetBalanceAsync(Someone)).ShouldBe(7ul);
            (await client.GetSignatureStatusesAsync(["a"])).Value.ShouldHaveSingleItem();
        }
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches here"}}""")]
    [InlineData("[]")]
    [InlineData("""[null,7,{"id":"x"}]""")]
    [InlineData("")]
    public async Task A_batch_without_answers_is_no_answer_to_anybody_in_it(string body)
    {
        var node = new FakeNode((_, _) => new Reply(HttpStatusCode.OK, body));
        var client = node.Client(new RpcClientOptions { GatherCalls = TimeSpan.FromMilliseconds(20), ReadAttempts = 1 });
        var (one, two) = (client.GetBalanceAsync(Someone), client.SendTransactionAsync(new byte[10]));
        await Should.ThrowAsync<RpcTransportException>(() => one);
        await Should.ThrowAsync<RpcTransportException>(() => two);
    }

    [Fact]
    public async Task Silence_ends_at_the_timeout_and_cancellation_stays_cancellation()
    {
        using var never = new HttpClient(new SilentHandler());
        IRpcClient client = new RpcClient(never, new Uri("http://127.0.0.1:1"), new RpcClientOptions { Timeout = TimeSpan.FromMilliseconds(50), ReadAttempts = 1 });
        (await Should.ThrowAsync<RpcTransportException>(() => client.GetBalanceAsync(Someone))).Message.ShouldContain("no answer");
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => client.GetBalanceAsync(Someone, cancellation: cancelled.Token));
    }

    [Fact]
    public async Task Questions_have_the_shape_that_nodes_expect()
    {
        var node = new FakeNode(_ => Ok("[]"));
        await node.Client().GetProgramAccountsAsync(Someone, [new AccountFilter.DataSize(165), new AccountFilter.Memcmp(32, [1, 2, 3])]);
        var asked = node.LastRequest!;
        asked["method"]!.GetValue<string>().ShouldBe("getProgramAccounts");
        asked["params"]![0]!.GetValue<string>().ShouldBe(Someone.Key);
        asked["params"]![1]!.ToJsonString().ShouldBe(
            """{"commitment":"confirmed","encoding":"base64","filters":[{"dataSize":165},{"memcmp":{"offset":32,"bytes":"AQID","encoding":"base64"}}]}""");
    }

    [Fact]
    public async Task Many_accounts_are_asked_for_in_hundreds()
    {
        var node = new FakeNode((_, request) => Ok($$"""{"context":{"slot":1},"value":[{{string.Join(',', Enumerable.Repeat("null", request["params"]![0]!.AsArray().Count))}}]}"""));
        (await node.Client().GetMultipleAccountsAsync([.. Enumerable.Repeat(Someone, 250)])).Count.ShouldBe(250);
        node.Calls.ShouldBe(3);
    }

    [Theory]
    [InlineData("null", null, null, null, null)]
    [InlineData("\"BlockhashNotFound\"", "BlockhashNotFound", null, null, null)]
    [InlineData("{\"InstructionError\":[2,\"InvalidAccountData\"]}", "InstructionError", 2, "InvalidAccountData", null)]
    [InlineData("{\"InstructionError\":[0,{\"Custom\":6001}]}", "InstructionError", 0, "Custom", 6001u)]
    [InlineData("{\"InstructionError\":[0,{\"BorshIoError\":\"x\"}]}", "InstructionError", 0, "BorshIoError", null)]
    [InlineData("{\"InsufficientFundsForRent\":{\"account_index\":1}}", "InsufficientFundsForRent", null, null, null)]
    [InlineData("{\"InstructionError\":\"nonsense\"}", "InstructionError", null, null, null)]
    [InlineData("{\"InstructionError\":[\"x\",{}]}", "InstructionError", null, null, null)]
    [InlineData("{\"InstructionError\":[1,{}]}", "InstructionError", 1, "Unreadable", null)]
    [InlineData("{\"InstructionError\":[1,{\"Custom\":\"x\"}]}", "InstructionError", 1, "Custom", null)]
    [InlineData("{}", "Unreadable", null, null, null)]
    [InlineData("7", "Unreadable", null, null, null)]
    public void Every_shape_of_error_stays_an_error(string json, string? kind, int? index, string? instruction, uint? code) =>
        TransactionError.Parse(JsonSerializer.Deserialize<JsonElement>(json))
            .ShouldBe(kind is null ? null : new TransactionError(kind, index, instruction, code));

    private static Reply Ok(string result) => new(HttpStatusCode.OK, $$"""{"jsonrpc":"2.0","id":ID,"result":{{result}}}""");

    private static Reply Error(string error) => new(HttpStatusCode.OK, $$"""{"jsonrpc":"2.0","id":ID,"error":{{error}}}""");

    private sealed record Reply(HttpStatusCode Status, string Body);

    private sealed class FakeNode(Func<int, JsonNode, Reply> answer) : HttpMessageHandler
    {
        private int calls;

        public FakeNode(Func<int, Reply> answer)
            : this((n, _) => answer(n))
        {
        }

        public int Calls => calls;

        public JsonNode? LastRequest { get; private set; }

        public IRpcClient Client(RpcClientOptions? options = null) =>
            new RpcClient(new HttpClient(this), new Uri("http://127.0.0.1:1"), options, new SkippingRetries());

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var asked = LastRequest = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!;
            var reply = answer(Interlocked.Increment(ref calls), asked);
            var id = asked is JsonArray ? "" : asked["id"]!.ToJsonString();
            return new HttpResponseMessage(reply.Status) { Content = new StringContent(reply.Body.Replace("ID", id), Encoding.UTF8, "application/json") };
        }
    }

    private sealed class SilentHandler : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new InvalidOperationException("never");
        }
    }

    /// <summary>Real timeouts, no waiting between retries.</summary>
    private sealed class SkippingRetries : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime < TimeSpan.FromSeconds(2) ? TimeSpan.Zero : dueTime, period);
    }
}

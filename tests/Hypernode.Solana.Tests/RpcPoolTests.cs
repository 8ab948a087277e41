using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Hypernode.Workers.Adapters.Solana;

namespace Hypernode.Solana.Tests;

public class RpcPoolTests
{
    private static readonly PublicKey Someone = TokenProgram.ProgramIdKey;

    private readonly Nodes nodes = new();

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests, "slow down")]
    [InlineData(HttpStatusCode.BadGateway, "<html>")]
    [InlineData(HttpStatusCode.OK, "{\"jsonrpc\":\"2.0\",\"id\":ID,\"result\":{\"value\":")]
    [InlineData(HttpStatusCode.OK, "{\"jsonrpc\":\"2.0\",\"id\":ID,\"result\":{\"value\":\"seven\"}}")]
    [InlineData(HttpStatusCode.OK, "{\"jsonrpc\":\"2.0\",\"id\":ID,\"error\":{\"code\":-32005,\"message\":\"Node is behind by 42 slots\"}}")]
    public async Task What_one_does_not_answer_another_is_asked(HttpStatusCode status, string body)
    {
        nodes.Answer = host => host == "one.test" ? (status, body) : Balance(7);
        (await ((IRpcClient)Pool()).GetBalanceAsync(Someone)).ShouldBe(7ul);
    }

    [Fact]
    public async Task One_that_failed_rests_and_is_asked_last_until_it_is_well()
    {
        nodes.Answer = host => host == "one.test" ? throw new HttpRequestException("reset") : Balance(7);
        IRpcClient pool = Pool();
        await pool.GetBalanceAsync(Someone);
        await pool.GetBalanceAsync(Someone);
        nodes.Asked.ShouldBe(["one.test", "two.test", "two.test"]);
    }

    [Fact]
    public async Task A_refusal_of_the_question_is_an_answer()
    {
        nodes.Answer = _ => (HttpStatusCode.OK, """{"jsonrpc":"2.0","id":ID,"error":{"code":-32602,"message":"Invalid param"}}""");
        await Should.ThrowAsync<RpcException>(() => ((IRpcClient)Pool()).GetBalanceAsync(Someone));
        nodes.Asked.ShouldBe(["one.test"]);
    }

    [Fact]
    public async Task When_none_answers_the_last_reason_is_told()
    {
        nodes.Answer = _ => throw new HttpRequestException("connection refused");
        (await Should.ThrowAsync<RpcTransportException>(() => ((IRpcClient)Pool()).GetBalanceAsync(Someone))).Message.ShouldContain("connection refused");
        nodes.Asked.ShouldBe(["one.test", "two.test"]);
    }

    [Fact]
    public async Task A_providers_key_in_an_address_reaches_no_log_and_no_error()
    {
        nodes.Answer = _ => throw new HttpRequestException("connection refused");
        var log = new CapturedLog<RpcPool>();
        using var http = new HttpClient(nodes);
        var address = new Uri("https://rpc.test/v2/s3cr3t?api-key=s3cr3t");
        var endpoint = new RpcEndpoint(RpcEndpoint.NameOf(address), new RpcClient(http, address), TimeProvider.System);
        var error = await Should.ThrowAsync<RpcTransportException>(() => ((IRpcClient)new RpcPool([endpoint], log)).GetBalanceAsync(Someone));
        error.ToString().ShouldNotContain("s3cr3t");
        log.All.ShouldNotBeEmpty();
        log.All.ShouldAllBe(l => !l.Contains("s3cr3t"));
    }

    [Fact]
    public async Task Endpoints_of_two_clusters_are_refused_by_name()
    {
        var (one, two) = (new FakeRpc { Genesis = () => "devnet" }, new FakeRpc { Genesis = () => "mainnet" });
        var pool = new RpcPool([new RpcEndpoint("http://one", one, TimeProvider.System), new RpcEndpoint("http://two", two, TimeProvider.System)]);
        (await Should.ThrowAsync<InvalidOperationException>(() => pool.RequireOneClusterAsync())).Message.ShouldContain("http://one and http://two serve different clusters");
        two.Genesis = () => throw new RpcTransportException("getGenesisHash", "reset");
        (await pool.RequireOneClusterAsync()).ShouldBe("devnet");
        one.Genesis = two.Genesis;
        await Should.ThrowAsync<RpcTransportException>(() => pool.RequireOneClusterAsync());
    }

    [Fact]
    public void A_pool_of_nobody_is_refused() => Should.Throw<ArgumentException>(() => new RpcPool([]));

    [Theory]
    [InlineData(true, "http://one.test", "https://two.test/key")]
    [InlineData(true)]
    [InlineData(false, "one.test")]
    [InlineData(false, "ftp://one.test/s3cr3t")]
    [InlineData(false, "http://one.test/s3cr3t", "http://one.test/s3cr3t")]
    [InlineData(false, "http://1", "http://2", "http://3", "http://4", "http://5", "http://6")]
    public void A_list_of_addresses_is_checked_and_never_quoted(bool valid, params string[] addresses)
    {
        var options = new SolanaOptions();
        foreach (var address in addresses)
        {
            options.RpcUrls.Add(address);
        }

        List<ValidationResult> results = [];
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true).ShouldBe(valid);
        results.ShouldAllBe(r => !r.ErrorMessage!.Contains("s3cr3t"));
        if (valid)
        {
            options.Endpoints().Count.ShouldBe(Math.Max(1, addresses.Length));
        }
    }

    private RpcPool Pool() => RpcConnection.Open(new HttpClient(nodes), [new Uri("http://one.test"), new Uri("http://two.test")]);

    private static (HttpStatusCode, string) Balance(ulong lamports) =>
        (HttpStatusCode.OK, $$$"""{"jsonrpc":"2.0","id":ID,"result":{"context":{"slot":1},"value":{{{lamports}}}}}""");

    private sealed class Nodes : HttpMessageHandler
    {
        public Func<string, (HttpStatusCode Status, string Body)> Answer { get; set; } = _ => Balance(0);

        public List<string> Asked { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add(request.RequestUri!.Host);
            var asked = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!;
            var (status, body) = Answer(request.RequestUri.Host);
            return new HttpResponseMessage(status)
            {
                Content = new StringContent(body.Replace("ID", asked["id"]!.ToJsonString()), Encoding.UTF8, "application/json"),
            };
        }
    }
}

using System.Net;
using System.Text.Json.Nodes;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Tests;

/// <summary>What another server's x402 middleware sees of this facilitator.</summary>
public sealed class X402FacilitatorTests : IAsyncLifetime
{
    private const string Devnet = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1";
    private static readonly TransferTerms _terms = new(FakeDeposits.Usdc, TestWallet.Bob.Address, new HyperAmount(1_000), null);
    private ApiHost _host = null!;

    public async Task InitializeAsync() =>
        _host = await ApiHost.StartAsync(new Dictionary<string, string?> { ["Hypernode:X402:FacilitatorPayTo:0"] = TestWallet.Bob.Address.ToString() });

    public Task DisposeAsync() => _host.DisposeAsync().AsTask();

    [Fact]
    public async Task It_supports_exact_in_both_versions_where_it_serves_somebody()
    {
        var supported = await ApiHost.JsonOfAsync(await _host.Anonymous.GetAsync("/api/facilitator/supported"));
        supported["kinds"]!.AsArray().Select(k => (k!["x402Version"]!.GetValue<int>(), Text(k, "scheme"), Text(k, "network"), Text(k["extra"], "feePayer")))
            .ShouldBe([(2, "exact", Devnet, _host.Transfers.FeePayer.ToString()), (1, "exact", "solana-devnet", _host.Transfers.FeePayer.ToString())]);

        await using var nobody = await ApiHost.StartAsync();
        (await ApiHost.JsonOfAsync(await nobody.Anonymous.GetAsync("/api/facilitator/supported")))["kinds"]!.AsArray().ShouldBeEmpty();
        var settled = await ApiHost.JsonOfAsync(await nobody.Anonymous.PostAsync("/api/facilitator/settle", ApiHost.Json(Request(2).ToJsonString())));
        Text(settled, "errorReason").ShouldBe("invalid_payment_requirements_pay_to_not_served");
        nobody.Transfers.Sent.ShouldBe(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_good_payment_is_verified_without_being_sent_and_settles_once(int version)
    {
        var verified = await AskAsync("verify", Request(version));
        (verified["isValid"]!.GetValue<bool>(), Text(verified, "payer")).ShouldBe((true, TestWallet.Alice.Address.ToString()));
        _host.Transfers.Sent.ShouldBe(0);

        var settled = await AskAsync("settle", Request(version));
        (settled["success"]!.GetValue<bool>(), Text(settled, "transaction"), Text(settled, "network")).ShouldBe((true, "transfer-id", version == 1 ? "solana-devnet" : Devnet));
        var again = await AskAsync("settle", Request(version));
        (again["success"]!.GetValue<bool>(), Text(again, "errorReason")).ShouldBe((false, "duplicate_settlement"));
        _host.Transfers.Sent.ShouldBe(1);
    }

    [Fact]
    public async Task An_unknown_outcome_is_pending_and_asked_for_although_the_chain_would_not_take_it_again()
    {
        _host.Transfers.Happens = null;
        Text(await AskAsync("settle", Request(2)), "errorReason").ShouldBe("settlement_pending");
        (_host.Transfers.Happens, _host.Transfers.Refusal) = (true, "insufficient_funds");
        (await AskAsync("settle", Request(2)))["success"]!.GetValue<bool>().ShouldBeTrue();
        Text(await AskAsync("settle", Request(2)), "errorReason").ShouldBe("duplicate_settlement");
    }

    [Fact]
    public async Task A_transfer_that_failed_is_told_and_not_sent_again()
    {
        _host.Transfers.Happens = false;
        Text(await AskAsync("settle", Request(2)), "errorReason").ShouldBe("invalid_exact_svm_transaction_failed");
        Text(await AskAsync("settle", Request(2)), "errorReason").ShouldBe("duplicate_settlement");
        _host.Transfers.Sent.ShouldBe(1);
    }

    public static TheoryData<string, Action<JsonNode>> Foreign { get; } = new()
    {
        { "unsupported_scheme", r => r["paymentRequirements"]!["scheme"] = "upto" },
        { "unsupported_scheme", r => r["paymentPayload"]!["accepted"]!["scheme"] = "upto" },
        { "invalid_exact_svm_network_mismatch", r => r["paymentRequirements"]!["network"] = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp" },
        { "invalid_exact_svm_network_mismatch", r => r["paymentPayload"]!["accepted"]!["network"] = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp" },
        { "invalid_exact_svm_fee_payer_not_managed_by_facilitator", r => r["paymentRequirements"]!["extra"]!["feePayer"] = TestWallet.Bob.Address.ToString() },
        { "invalid_payment_requirements_pay_to_not_served", r => r["paymentRequirements"]!["payTo"] = TestWallet.Alice.Address.ToString() },
        { "invalid_exact_svm_payload_amount_mismatch", r => r["paymentRequirements"]!["amount"] = "999" },
    };

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task What_is_not_ours_or_not_what_was_required_is_refused_by_both_and_not_sent(string code, Action<JsonNode> change)
    {
        var request = Request(2);
        change(request);
        Text(await AskAsync("verify", request), "invalidReason").ShouldBe(code);
        Text(await AskAsync("settle", request), "errorReason").ShouldBe(code);
        _host.Transfers.Sent.ShouldBe(0);
    }

    [Theory]
    [InlineData("x402Version", "3")]
    [InlineData("paymentPayload", "{}")]
    [InlineData("paymentRequirements", "{}")]
    public async Task What_is_no_such_request_is_a_wrong_field(string field, string value)
    {
        var request = Request(2);
        request[field] = JsonNode.Parse(value);
        (await PostAsync("settle", request)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await PostAsync("verify", request)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_silent_chain_refuses_no_payment()
    {
        _host.Transfers.IsDown = true;
        (await PostAsync("verify", Request(2))).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await PostAsync("settle", Request(2))).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        _host.Transfers.IsDown = false;
        (await AskAsync("settle", Request(2)))["success"]!.GetValue<bool>().ShouldBeTrue();
    }

    private JsonObject Request(int version)
    {
        var network = version == 1 ? "solana-devnet" : Devnet;
        var payload = new JsonObject { ["x402Version"] = version, ["payload"] = new JsonObject { ["transaction"] = Convert.ToBase64String(FakeTransfers.Transfer(_terms)) } };
        var kind = version == 1 ? payload : (JsonObject)(payload["accepted"] = new JsonObject())!;
        (kind["scheme"], kind["network"]) = ("exact", network);
        return new JsonObject
        {
            ["x402Version"] = version,
            ["paymentPayload"] = payload,
            ["paymentRequirements"] = new JsonObject
            {
                ["scheme"] = "exact",
                ["network"] = network,
                [version == 1 ? "maxAmountRequired" : "amount"] = "1000",
                ["asset"] = _terms.Mint.ToString(),
                ["payTo"] = _terms.PayTo.ToString(),
                ["maxTimeoutSeconds"] = 60,
                ["extra"] = new JsonObject { ["feePayer"] = _host.Transfers.FeePayer.ToString() },
            },
        };
    }

    private Task<HttpResponseMessage> PostAsync(string route, JsonNode request) =>
        _host.Anonymous.PostAsync($"/api/facilitator/{route}", ApiHost.Json(request.ToJsonString()));

    private async Task<JsonObject> AskAsync(string route, JsonNode request)
    {
        var answer = await PostAsync(route, request);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return await ApiHost.JsonOfAsync(answer);
    }

    private static string Text(JsonNode? node, string name) => node![name]!.GetValue<string>();
}

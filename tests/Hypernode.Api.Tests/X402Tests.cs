using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Tests;

/// <summary>What x402 clients see of submit-job.</summary>
public sealed class X402Tests : IAsyncLifetime
{
    private const string Submit = "/api/facilitator/submit-job";
    private const string Devnet = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1";
    private ApiHost _host = null!;
    private JsonObject _body = null!;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync(new Dictionary<string, string?> { ["Hypernode:X402:SettleWaitMilliseconds"] = "0" });
        _body = await Bodies.SubmissionAsync(_host, TestWallet.Alice);
        _body.Remove("signature");
    }

    public Task DisposeAsync() => _host.DisposeAsync().AsTask();

    [Fact]
    public async Task An_unpaid_submit_is_told_every_way_to_pay_in_both_versions_and_stores_nothing()
    {
        var answer = await Bodies.SubmitAsync(_host, _body);

        answer.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var v1 = await ApiHost.JsonOfAsync(answer);
        v1["x402Version"]!.GetValue<int>().ShouldBe(1);
        v1["type"]!.GetValue<string>().ShouldBe("urn:hypernode:problem:payment-required");
        v1["next"]!["signingText"]!.GetValue<string>().ShouldStartWith("HYPERNODE Payment Intent");
        v1["accepts"]!.AsArray().Select(a => a!["scheme"]!.GetValue<string>()).ShouldAllBe(s => s == "exact", "older clients refuse a document with a scheme that they don't know");
        v1["accepts"]!.AsArray().Select(a => a!["maxAmountRequired"]!.GetValue<string>()).ShouldBe(["2500000", "125000"]);
        v1["accepts"]!.AsArray().ShouldAllBe(a => a!["network"]!.GetValue<string>() == "solana-devnet" && a["extra"]!["feePayer"]!.GetValue<string>() == _host.Deposits.FeePayer.ToString());

        var v2 = Decode(answer, "PAYMENT-REQUIRED");
        v2["x402Version"]!.GetValue<int>().ShouldBe(2);
        v2["resource"]!["url"]!.GetValue<string>().ShouldBe("http://localhost" + Submit);
        v2["accepts"]!.AsArray().Select(a => (Text(a, "scheme"), Text(a, "amount"), Text(a, "asset"))).ShouldBe(
        [
            ("exact", "2500000", _host.Escrow.Deployment.Mint.ToString()),
            ("exact", "125000", FakeDeposits.Usdc.ToString()),
            ("hypernode-intent", "2500000", _host.Escrow.Deployment.Mint.ToString()),
        ]);
        v2["accepts"]!.AsArray().ShouldAllBe(a => Text(a, "network") == Devnet);
        Text(v2["accepts"]![1], "payTo").ShouldBe(_host.Deposits.AddressOf(Terms(usdc: true)).ToString());
        (await Bodies.SubmitAsync(_host, _body)).Headers.GetValues("PAYMENT-REQUIRED").ShouldBe(answer.Headers.GetValues("PAYMENT-REQUIRED"), "the same body has the same offers");
        _host.ShouldHaveNothing();
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public async Task A_payment_is_accepted_pending_until_it_has_settled_and_is_never_asked_for_again(int version, bool usdc)
    {
        var answer = await PayAsync(version, Terms(usdc));

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
        var pending = Decode(answer, version == 1 ? "X-PAYMENT-RESPONSE" : "PAYMENT-RESPONSE");
        (pending["success"]!.GetValue<bool>(), Text(pending, "errorReason"), Text(pending, "transaction")).ShouldBe((false, "settlement_pending", ""));
        var job = _host.Jobs.All.Values.Single();
        job.IntentSignature.Deposit!.Mint.ShouldBe(Terms(usdc).Mint);
        job.IntentSignature.Deposit.Amount.ShouldBe(Terms(usdc).Amount);

        (await Bodies.SubmitAsync(_host, _body)).StatusCode.ShouldBe(HttpStatusCode.Accepted, "a client that lost the answer asks again without a payment");
        (await PayAsync(version, Terms(!usdc))).StatusCode.ShouldBe(HttpStatusCode.Accepted, "or with another one, which is not used");
        _host.Jobs.All.Values.Single().IntentSignature.ShouldBe(job.IntentSignature);

        _host.Jobs.Move(job.Id, JobStateNames.Matching);
        var settled = Decode(await PayAsync(version, Terms(usdc)), version == 1 ? "X-PAYMENT-RESPONSE" : "PAYMENT-RESPONSE");
        (settled["success"]!.GetValue<bool>(), Text(settled, "transaction"), Text(settled, "payer")).ShouldBe((true, "transfer-id", TestWallet.Alice.Address.ToString()));
        Text(settled, "network").ShouldBe(version == 1 ? "solana-devnet" : Devnet);
    }

    [Fact]
    public async Task A_payment_that_can_not_happen_any_more_is_told_and_its_intent_has_no_offers()
    {
        await PayAsync(2, Terms(usdc: true));
        _host.Jobs.Move(_host.Jobs.All.Keys.Single(), JobStateNames.Rejected, j => j with { Outcome = "transaction-expired" });

        var answer = await PayAsync(2, Terms(usdc: true));
        answer.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        var told = Decode(answer, "PAYMENT-RESPONSE");
        (told["success"]!.GetValue<bool>(), Text(told, "errorReason")).ShouldBe((false, "invalid_exact_svm_transaction_failed"));
        (await ApiHost.JsonOfAsync(answer))["accepts"]!.AsArray().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("insufficient_funds")]
    [InlineData("invalid_exact_svm_transaction_simulation_failed")]
    public async Task What_the_chain_would_not_take_is_refused_with_its_code_and_the_offers_again(string code)
    {
        _host.Deposits.Refusal = code;
        await ShouldBeRefusedAsync(await PayAsync(2, Terms(usdc: true)), code);
        await ShouldBeRefusedAsync(await PayAsync(1, Terms(usdc: true)), code);
    }

    [Fact]
    public async Task A_transfer_that_another_wallet_signed_or_to_another_address_is_refused()
    {
        await ShouldBeRefusedAsync(await PayAsync(2, Terms(usdc: true), signer: TestWallet.Bob), "invalid_exact_svm_payload_signature_invalid");
        await ShouldBeRefusedAsync(await PayAsync(1, Terms(usdc: true) with { SettleBy = 1 }), "invalid_exact_svm_payload_recipient_mismatch");
    }

    public static TheoryData<string, Action<JsonObject>> WrongOffers { get; } = new()
    {
        { "invalid_payment_requirements", p => p["accepted"]!["amount"] = "124999" },
        { "invalid_payment_requirements", p => p["accepted"]!["payTo"] = TestWallet.Bob.Address.ToString() },
        { "invalid_payment_requirements", p => p["accepted"]!["asset"] = TestWallet.Bob.Address.ToString() },
        { "invalid_exact_svm_network_mismatch", p => p["accepted"]!["network"] = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp" },
        { "unsupported_scheme", p => p["accepted"]!["scheme"] = "upto" },
    };

    [Theory]
    [MemberData(nameof(WrongOffers))]
    public async Task A_payment_of_another_offer_than_ours_is_refused(string code, Action<JsonObject> spoil) =>
        await ShouldBeRefusedAsync(await PayAsync(2, Terms(usdc: true), change: spoil), code);

    [Fact]
    public async Task A_v1_payment_of_another_network_or_scheme_is_refused()
    {
        await ShouldBeRefusedAsync(await PayAsync(1, Terms(usdc: true), change: p => p["network"] = "base"), "invalid_exact_svm_network_mismatch");
        await ShouldBeRefusedAsync(await PayAsync(1, Terms(usdc: true), change: p => p["scheme"] = "upto"), "unsupported_scheme");
    }

    [Theory]
    [InlineData("PAYMENT-SIGNATURE", "not base64")]
    [InlineData("PAYMENT-SIGNATURE", "bm8ganNvbg==")]
    [InlineData("PAYMENT-SIGNATURE", "W10=")]
    [InlineData("PAYMENT-SIGNATURE", "e30=")]
    [InlineData("X-PAYMENT", "e30=")]
    [InlineData("X-PAYMENT", "eyJ4NDAyVmVyc2lvbiI6MX0=")]
    public async Task A_header_that_is_no_payment_is_a_wrong_request(string header, string value)
    {
        var answer = await SendAsync(header, value);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await ApiHost.JsonOfAsync(answer))["type"]!.GetValue<string>().ShouldBe("urn:hypernode:problem:malformed-payment");
        _host.ShouldHaveNothing();
    }

    [Theory]
    [InlineData("..\\x", HttpStatusCode.BadRequest)]
    [InlineData("..", HttpStatusCode.BadRequest)]
    [InlineData("a b", HttpStatusCode.BadRequest)]
    [InlineData("\"x\"", HttpStatusCode.BadRequest)]
    [InlineData("my_api", HttpStatusCode.PaymentRequired)]
    [InlineData("[::1]:5080", HttpStatusCode.PaymentRequired)]
    public async Task A_host_that_is_none_is_a_wrong_request_for_it_would_stand_in_the_offer(string named, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Submit) { Content = ApiHost.Json(_body.ToJsonString()) };
        request.Headers.TryAddWithoutValidation("Host", named);
        var answer = await _host.Anonymous.SendAsync(request);
        answer.StatusCode.ShouldBe(status, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_silent_chain_refuses_no_payment()
    {
        _host.Escrow.IsDown = true;
        var answer = await PayAsync(2, Terms(usdc: true));
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter.ShouldNotBeNull();
        _host.ShouldHaveNothing();
    }

    [Fact]
    public async Task Nobody_is_asked_to_pay_for_what_would_be_refused()
    {
        _body["reveal"]!["settleBy"] = 1;
        (await Bodies.SubmitAsync(_host, _body)).Headers.Contains("PAYMENT-REQUIRED").ShouldBeFalse();
        var other = await Bodies.SubmissionAsync(_host, TestWallet.Alice);
        other.Remove("signature");
        _host.Blobs.All.Clear();
        (await Bodies.SubmitAsync(_host, other)).StatusCode.ShouldBe(HttpStatusCode.BadRequest, "its input is not here");
    }

    [Fact]
    public async Task An_intent_whose_id_does_not_commit_to_the_job_can_only_be_signed()
    {
        _body["paymentIntent"]!["intentId"] = "22222222-2222-4222-8222-222222222222";
        var answer = await Bodies.SubmitAsync(_host, _body);
        answer.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        (await ApiHost.JsonOfAsync(answer))["accepts"]!.AsArray().ShouldBeEmpty();
        Decode(answer, "PAYMENT-REQUIRED")["accepts"]!.AsArray().Select(a => Text(a, "scheme")).ShouldBe(["hypernode-intent"]);
    }

    [Fact]
    public async Task Another_mint_is_offered_only_where_the_chain_takes_it()
    {
        _host.Deposits.Mints = [_host.Escrow.Deployment.Mint];
        (await ApiHost.JsonOfAsync(await Bodies.SubmitAsync(_host, _body)))["accepts"]!.AsArray().Count.ShouldBe(1);
        await ShouldBeRefusedAsync(await PayAsync(2, Terms(usdc: true)), "invalid_payment_requirements");
    }

    [Fact]
    public async Task An_account_is_opened_before_payment_for_its_signed_in_payer_who_asks_and_has_the_amount_and_for_nobody_else()
    {
        var alice = await _host.TokenOfAsync(TestWallet.Alice);
        (await AskToOpenAsync(null)).Headers.Contains("Preference-Applied").ShouldBeFalse();
        (await AskToOpenAsync(await _host.TokenOfAsync(TestWallet.Bob))).Headers.Contains("Preference-Applied").ShouldBeFalse();
        (await AskToOpenAsync(alice, prefer: "respond-async")).Headers.Contains("Preference-Applied").ShouldBeFalse();
        _host.Deposits.HasFunds = false;
        (await AskToOpenAsync(alice)).Headers.Contains("Preference-Applied").ShouldBeFalse();
        _host.Deposits.Opened.ShouldBeEmpty();

        _host.Deposits.HasFunds = true;
        var answer = await AskToOpenAsync(alice);
        answer.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        answer.Headers.GetValues("Preference-Applied").ShouldBe(["open-account"]);
        _host.Deposits.Opened.ShouldBe([Terms(usdc: false), Terms(usdc: true)]);
        _host.Escrow.IsDown = true;
        (await AskToOpenAsync(alice)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task So_many_accounts_are_opened_before_payment_and_no_more()
    {
        var alice = await _host.TokenOfAsync(TestWallet.Alice);
        for (var i = 0; i < 4; i++)
        {
            (await AskToOpenAsync(alice)).StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
            _body = await Bodies.SubmissionAsync(_host, TestWallet.Alice);
            _body.Remove("signature");
        }

        _host.Deposits.Opened.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_client_in_a_browser_may_read_what_it_has_to_pay_and_what_became_of_it()
    {
        await using var host = await ApiHost.StartAsync(new Dictionary<string, string?> { ["Hypernode:Api:CorsOrigins:0"] = "https://app.example" });
        var body = await Bodies.SubmissionAsync(host, TestWallet.Alice);
        body.Remove("signature");
        using var request = new HttpRequestMessage(HttpMethod.Post, Submit) { Content = ApiHost.Json(body.ToJsonString()) };
        request.Headers.Add("Origin", "https://app.example");
        var exposed = string.Join(',', (await host.Anonymous.SendAsync(request)).Headers.GetValues("Access-Control-Expose-Headers"));
        foreach (var header in new[] { "PAYMENT-REQUIRED", "PAYMENT-RESPONSE", "X-PAYMENT-RESPONSE" })
        {
            exposed.Split(',').ShouldContain(header);
        }
    }

    [Theory]
    [InlineData(1, 50_000, 1)]
    [InlineData(20, 50_000, 1)]
    [InlineData(21, 50_000, 2)]
    [InlineData(1_000_000, 50_000, 50_000)]
    [InlineData(1_000_000, 1, 1)]
    [InlineData(9_223_372_036_854_775_807, 1_000_000, 9_223_372_036_854_775_807)]
    public void A_price_is_exact_and_rounded_up(ulong amount, long pricePerHyper, ulong expected) =>
        X402.Pricing.Convert(new HyperAmount(amount), pricePerHyper)!.Value.BaseUnits.ShouldBe(expected);

    [Fact]
    public void A_price_that_no_column_holds_is_none() => X402.Pricing.Convert(new HyperAmount(long.MaxValue), 1_000_001).ShouldBeNull();

    private async Task ShouldBeRefusedAsync(HttpResponseMessage answer, string code)
    {
        answer.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired, await answer.Content.ReadAsStringAsync());
        var body = await ApiHost.JsonOfAsync(answer);
        body["error"]!.GetValue<string>().ShouldBe(code);
        Text(Decode(answer, "PAYMENT-REQUIRED"), "error").ShouldBe(code);
        body["accepts"]!.AsArray().ShouldNotBeEmpty();
        _host.ShouldHaveNothing();
    }

    /// <summary>The terms of the offer for this body.</summary>
    private DepositTerms Terms(bool usdc)
    {
        var intent = _body["paymentIntent"]!;
        return new DepositTerms(
            usdc ? FakeDeposits.Usdc : _host.Escrow.Deployment.Mint,
            IntentId.Parse(Text(intent, "intentId")),
            JobId.Parse(Text(intent, "jobId")),
            TestWallet.Alice.Address,
            new HyperAmount(usdc ? 125_000ul : 2_500_000ul),
            _body["reveal"]!["settleBy"]!.GetValue<long>());
    }

    private Task<HttpResponseMessage> PayAsync(int version, DepositTerms terms, TestWallet? signer = null, Action<JsonObject>? change = null)
    {
        var transaction = Convert.ToBase64String(FakeDeposits.Transfer(terms, signer ?? TestWallet.Alice));
        var payment = new JsonObject { ["x402Version"] = version, ["payload"] = new JsonObject { ["transaction"] = transaction } };
        if (version == 1)
        {
            (payment["scheme"], payment["network"]) = ("exact", "solana-devnet");
        }
        else
        {
            payment["accepted"] = new JsonObject
            {
                ["scheme"] = "exact",
                ["network"] = Devnet,
                ["amount"] = terms.Amount.BaseUnits.ToString(System.Globalization.CultureInfo.InvariantCulture),
                ["asset"] = terms.Mint.ToString(),
                ["payTo"] = _host.Deposits.AddressOf(terms).ToString(),
            };
        }

        change?.Invoke(payment);
        return SendAsync(version == 1 ? "X-PAYMENT" : "PAYMENT-SIGNATURE", Convert.ToBase64String(Encoding.UTF8.GetBytes(payment.ToJsonString())));
    }

    private async Task<HttpResponseMessage> SendAsync(string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Submit) { Content = ApiHost.Json(_body.ToJsonString()) };
        request.Headers.TryAddWithoutValidation(header, value);
        return await _host.Anonymous.SendAsync(request);
    }

    private async Task<HttpResponseMessage> AskToOpenAsync(string? token, string prefer = "open-account")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Submit) { Content = ApiHost.Json(_body.ToJsonString()) };
        request.Headers.Add("Prefer", prefer);
        if (token is not null)
        {
            request.Headers.Add("Authorization", $"Bearer {token}");
        }

        return await _host.Anonymous.SendAsync(request);
    }

    private static JsonObject Decode(HttpResponseMessage answer, string header) =>
        JsonNode.Parse(Convert.FromBase64String(answer.Headers.GetValues(header).Single()))!.AsObject();

    private static string Text(JsonNode? node, string name) => node![name]!.GetValue<string>();
}

using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Hypernode.Api.Tests.Fakes;

namespace Hypernode.Api.Tests;

/// <summary>Bad input gets the right status with the offending field named, and nothing is locked, stored or queued.</summary>
public sealed class BadInputTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private readonly ApiHost _host = shared.Host;

    public static TheoryData<string> Names => [.. BadSubmissions.All.Select(c => c.Name)];

    [Fact]
    public void The_table_of_bad_submissions_is_not_cut_short() => BadSubmissions.All.Count.ShouldBeGreaterThanOrEqualTo(60);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_bad_submission_is_refused_by_its_field(string name)
    {
        var bad = BadSubmissions.All.Single(c => c.Name == name);
        var body = await Bodies.SubmissionAsync(_host, TestWallet.Alice);
        bad.Change(body, _host);
        if (bad.Then == Then.Sign)
        {
            Signing.Resign(body, TestWallet.Alice);
        }
        else if (bad.Then == Then.CommitAndSign)
        {
            Signing.RecommitAndSign(body, TestWallet.Alice, _host.Escrow.Deployment);
        }

        var answer = await Bodies.SubmitAsync(_host, body);

        await ShouldBeProblem(answer, bad.Status, bad.Pointer);
    }

    public static TheoryData<string, string, string, int, string?> RawBodies => new()
    {
        { "empty", "", "application/json", 400, null },
        { "not JSON", "{\"paymentIntent\": ", "application/json", 400, null },
        { "two documents", "{}{}", "application/json", 400, null },
        { "a comment", "{/* hi */}", "application/json", 400, null },
        { "a trailing comma", "{\"a\":1,}", "application/json", 400, null },
        { "too deep", new string('[', 200) + new string(']', 200), "application/json", 400, null },
        { "an array", "[]", "application/json", 400, "" },
        { "null", "null", "application/json", 400, "" },
        { "a field twice", "{\"signature\":\"a\",\"signature\":\"b\"}", "application/json", 400, "/signature" },
        { "a nested field twice", "{\"job\":{\"image\":\"a\",\"image\":\"b\"}}", "application/json", 400, "/job/image" },
        { "a field twice by escapes", "{\"job\":1,\"j\\u006fb\":2}", "application/json", 400, "/job" },
        { "a lone surrogate", "{\"signature\":\"\\ud800\"}", "application/json", 400, "/signature" },
        { "a lone surrogate in a name", "{\"\\ud800\":1}", "application/json", 400, "" },
        { "a form", "a=1", "application/x-www-form-urlencoded", 415, null },
        { "text", "{}", "text/plain", 415, null },
        { "another charset", "{}", "application/json; charset=utf-16", 415, null },
        { "too large", $"{{\"x\":\"{new string('x', 257 * 1024)}\"}}", "application/json", 413, null },
    };

    [Theory]
    [MemberData(nameof(RawBodies))]
    public async Task A_body_that_is_no_submission_at_all_is_refused(string name, string body, string contentType, int status, string? pointer)
    {
        name.ShouldNotBeEmpty();
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);

        var answer = await _host.Anonymous.PostAsync("/api/facilitator/submit-job", content);

        await ShouldBeProblem(answer, status, pointer);
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF8_are_refused()
    {
        using var content = new ByteArrayContent([.. "{\"signature\":\""u8, 0xC3, 0x28, .. "\"}"u8]);
        content.Headers.TryAddWithoutValidation("Content-Type", "application/json");

        await ShouldBeProblem(await _host.Anonymous.PostAsync("/api/facilitator/submit-job", content), 400, "/signature");
    }

    [Fact]
    public async Task A_body_without_a_length_is_still_bounded()
    {
        using var content = new StreamContent(new EndlessStream());
        content.Headers.TryAddWithoutValidation("Content-Type", "application/json");

        await ShouldBeProblem(await _host.Anonymous.PostAsync("/api/facilitator/submit-job", content), 413, null);
    }

    [Fact]
    public async Task Malformed_JSON_is_told_its_place()
    {
        var answer = await _host.Anonymous.PostAsync("/api/facilitator/submit-job", ApiHost.Json("{\n  \"job\": nonsense\n}"));

        (await ApiHost.JsonOfAsync(answer))["detail"]!.GetValue<string>().ShouldContain("line 2");
    }

    [Fact]
    public async Task One_answer_names_every_wrong_field()
    {
        var body = await Bodies.SubmissionAsync(_host, TestWallet.Alice);
        body["paymentIntent"]!["amount"] = -1;
        body["paymentIntent"]!["nonce"] = "x";
        body["job"]!["limits"]!["memoryMb"] = "much";
        body["extra"] = 1;

        var answer = await Bodies.SubmitAsync(_host, body);

        var pointers = (await ApiHost.JsonOfAsync(answer))["errors"]!.AsArray().Select(e => e!["pointer"]!.GetValue<string>());
        pointers.ShouldBe(["/paymentIntent/amount", "/paymentIntent/nonce", "/job/limits/memoryMb", "/extra"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_hostile_body_gets_a_bounded_answer()
    {
        var body = new JsonObject(Enumerable.Range(0, 5_000).Select(i => KeyValuePair.Create<string, JsonNode?>($"field{i}", i)));

        var answer = await Bodies.SubmitAsync(_host, body);

        (await ApiHost.JsonOfAsync(answer))["errors"]!.AsArray().Count.ShouldBe(50);
    }

    [Fact]
    public void The_table_is_long_enough_and_its_names_differ()
    {
        BadSubmissions.All.Count.ShouldBeGreaterThanOrEqualTo(100);
        BadSubmissions.All.Select(c => c.Name).Distinct().Count().ShouldBe(BadSubmissions.All.Count);
    }

    private async Task ShouldBeProblem(HttpResponseMessage answer, int status, string? pointer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe((HttpStatusCode)status, text);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = JsonNode.Parse(text)!;
        problem["type"]!.GetValue<string>().ShouldStartWith("urn:hypernode:problem:");
        problem["status"]!.GetValue<int>().ShouldBe(status);
        if (pointer is not null)
        {
            problem["errors"]!.AsArray().Select(e => e!["pointer"]!.GetValue<string>()).ShouldBe([pointer], text);
        }

        text.ShouldNotContain("Exception");
        text.ShouldNotContain("   at ");
        _host.ShouldHaveNothing();
    }

    private sealed class EndlessStream : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            buffer.AsSpan(offset, count).Fill((byte)' ');
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

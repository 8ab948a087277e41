using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Api.Tests;

public sealed class JobLogsTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_page_holds_chunks_in_order_and_says_where_to_go_on()
    {
        await using var host = await ApiHost.StartAsync();
        var (id, alice) = await RunningJobAsync(host);
        await LogAsync(host, id, (1, 0, "agent", "started"), (1, 1, "stdout", "grüße\n"), (2, 0, "stdout", "again\n"));

        var page = await ApiHost.JsonOfAsync(await alice.GetAsync($"/api/jobs/{id}/logs"));
        page["items"]!.AsArray().Select(c => c!["text"]!.GetValue<string>()).ShouldBe(["started", "grüße\n", "again\n"]);
        page["next"]!.GetValue<string>().ShouldBe("2.0");
        page["complete"]!.GetValue<bool>().ShouldBeFalse();

        var rest = await ApiHost.JsonOfAsync(await alice.GetAsync($"/api/jobs/{id}/logs?cursor=1.1"));
        rest["items"]!.AsArray().Single()!["attempt"]!.GetValue<int>().ShouldBe(2);
        host.Jobs.Move(id, JobStateNames.Paid);
        var end = await ApiHost.JsonOfAsync(await alice.GetAsync($"/api/jobs/{id}/logs?cursor=2.0"));
        end["items"]!.AsArray().ShouldBeEmpty();
        end["next"]!.GetValue<string>().ShouldBe("2.0");
        end["complete"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Fact]
    public async Task Plain_text_is_the_jobs_own_output_byte_for_byte()
    {
        await using var host = await ApiHost.StartAsync();
        var (id, alice) = await RunningJobAsync(host);
        var umlaut = "ü"u8.ToArray();
        await LogAsync(host, id, (1, 0, "agent", "started"));
        await host.Evidence.AddLogsAsync([Chunk(id, 1, 1, "stdout", umlaut[..1]), Chunk(id, 1, 2, "stdout", umlaut[1..])], host.Clock.Now, default);

        var answer = await SendAsync(alice, $"/api/jobs/{id}/logs", "text/plain");

        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
        (await answer.Content.ReadAsStringAsync()).ShouldBe("ü");
    }

    [Theory]
    [InlineData("x")]
    [InlineData("1")]
    [InlineData("1.2.3")]
    [InlineData("-1.0")]
    public async Task A_wrong_cursor_is_refused(string cursor)
    {
        var (id, alice) = await RunningJobAsync(shared.Host);

        (await alice.GetAsync($"/api/jobs/{id}/logs?cursor={cursor}")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_stream_follows_the_job_until_it_has_ended()
    {
        await using var host = await ApiHost.StartAsync();
        var (id, alice) = await RunningJobAsync(host);
        await LogAsync(host, id, (1, 0, "stdout", "first"));

        using var answer = await SendAsync(alice, $"/api/jobs/{id}/logs", "text/event-stream");
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        using var events = new EventReader(await answer.Content.ReadAsStreamAsync());
        var log = await events.NextAsync("log");
        log.Id.ShouldBe("1.0");
        log.Data["text"]!.GetValue<string>().ShouldBe("first");
        (await events.NextAsync("state")).Data["state"]!.GetValue<string>().ShouldBe("Executing");

        await LogAsync(host, id, (1, 1, "stdout", "line one\nline two\n"));
        (await events.NextAsync("log")).Data["text"]!.GetValue<string>().ShouldBe("line one\nline two\n");
        await LogAsync(host, id, (1, 2, "agent", "ended"));
        host.Jobs.Move(id, JobStateNames.Paid, job => job with { Outcome = "Succeeded" });
        (await events.NextAsync("log")).Id.ShouldBe("1.2");
        (await events.NextAsync("state")).Data["state"]!.GetValue<string>().ShouldBe("Paid");
        (await events.NextAsync("end")).Data["outcome"]!.GetValue<string>().ShouldBe("Succeeded");
        (await events.IsAtEndAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task A_stream_resumes_after_the_last_event_that_was_seen()
    {
        await using var host = await ApiHost.StartAsync();
        var (id, alice) = await RunningJobAsync(host);
        await LogAsync(host, id, (1, 0, "stdout", "seen"), (1, 1, "stdout", "new"));
        host.Jobs.Move(id, JobStateNames.Paid);

        using var answer = await SendAsync(alice, $"/api/jobs/{id}/logs", "text/event-stream", lastEventId: "1.0");

        using var events = new EventReader(await answer.Content.ReadAsStreamAsync());
        (await events.NextAsync("log")).Data["text"]!.GetValue<string>().ShouldBe("new");
        await events.NextAsync("state");
        await events.NextAsync("end");
    }

    [Fact]
    public async Task A_stream_does_not_hold_up_a_host_that_stops()
    {
        await using var host = await ApiHost.StartAsync(onSocket: true);
        var (id, alice) = await RunningJobAsync(host);
        using var answer = await SendAsync(alice, $"/api/jobs/{id}/logs", "text/event-stream");
        using var events = new EventReader(await answer.Content.ReadAsStreamAsync());
        await events.NextAsync("state");

        await host.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));

        (await events.IsAtEndAsync()).ShouldBeTrue();
    }

    private static async Task<(JobId Id, HttpClient Alice)> RunningJobAsync(ApiHost host)
    {
        var id = JobId.Parse(await Bodies.SubmittedJobAsync(host, TestWallet.Alice));
        host.Jobs.Move(id, JobStateNames.Executing);
        return (id, await host.SignInAsync(TestWallet.Alice));
    }

    private static Task LogAsync(ApiHost host, JobId id, params (int Attempt, long Seq, string Stream, string Text)[] lines) =>
        host.Evidence.AddLogsAsync([.. lines.Select(l => Chunk(id, l.Attempt, l.Seq, l.Stream, Encoding.UTF8.GetBytes(l.Text)))], host.Clock.Now, default);

    private static LogChunk Chunk(JobId id, int attempt, long seq, string stream, byte[] data) => new(id, attempt, seq, stream, 1, data, default);

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string path, string accept, string? lastEventId = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return answer;
    }

    /// <summary>Reads Server-Sent Events as a browser would.</summary>
    private sealed class EventReader(Stream stream) : IDisposable
    {
        private readonly StreamReader _reader = new(stream, Encoding.UTF8);

        public async Task<(string? Id, JsonNode Data)> NextAsync(string expected)
        {
            string? name = null, id = null, data = null;
            while (await _reader.ReadLineAsync().WaitAsync(Patience) is { Length: > 0 } line)
            {
                name = Field(line, "event") ?? name;
                id = Field(line, "id") ?? id;
                data = Field(line, "data") ?? data;
            }

            name.ShouldBe(expected);
            return (id, JsonNode.Parse(data!)!);
        }

        public async Task<bool> IsAtEndAsync() => await _reader.ReadLineAsync().WaitAsync(Patience) is null;

        public void Dispose() => _reader.Dispose();

        private static string? Field(string line, string name) =>
            line.StartsWith(name + ": ", StringComparison.Ordinal) ? line[(name.Length + 2)..] : null;
    }
}
